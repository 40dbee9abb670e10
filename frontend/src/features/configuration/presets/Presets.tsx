/** The filled form saved under a name for the next one, and the presets there are. What belongs to one environment the server leaves out. */
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Dialog, DialogTitle } from '@/components/Dialog'
import { describedBy, Field, problemOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { nameOf } from '@/components/Person'
import { Segments } from '@/components/Segments'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { TextBox } from '@/components/TextBox'
import { projectQuery, whyQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import type { Doc } from '../model/document'
import { asNew, useDeletePreset, usePresets, useSavePreset, type Preset } from './queries'
import css from '../configuration.module.css'

type Scope = Preset['scope']

/** For the project by whoever proposes there, for the language by whoever edits the standards. */
function useMaySave(project: string) {
  const id = useQuery(projectQuery(project)).data?.id
  const forProject = useQuery(whyQuery(id ? { action: 'preset.create', project: id } : null)).data
  const forLanguage = useQuery(whyQuery({ action: 'standard.manage' })).data
  const scopes: Scope[] = []
  if (forProject?.allowed) scopes.push('project')
  if (forLanguage?.allowed) scopes.push('language')
  return { scopes, refusal: forProject && forLanguage && !scopes.length ? forProject : null }
}

type SaveProps = { project: string; language: string; document: Doc; onSaved: (preset: Preset) => void }

function Save({ project, language, document, onSaved }: SaveProps) {
  const { t } = useTranslation('configuration')
  const { scopes, refusal } = useMaySave(project)
  const [name, setName] = useState('')
  const [tried, setTried] = useState(false)
  const [chosen, choose] = useState<Scope | null>(null)
  const save = useSavePreset((preset) => {
    setName('')
    setTried(false)
    onSaved(preset)
  })
  const scope = chosen ?? scopes[0]
  if (refusal) return <Denied reason={refusal} />
  if (!scope) return null
  const press = () => {
    const owner = scope === 'project' ? { project } : { language }
    setTried(true)
    if (name.trim()) save.mutate({ name: name.trim(), scope, document, ...owner })
  }
  const taken = save.error?.code === 'preset.name_taken' ? sentence(save.error) : null
  const ofName = problemOf(save.error, 'name') ?? taken ?? (tried && !name.trim() ? t('preset.name_needed') : null)
  return (
    <form className={css.dialogForm} noValidate onSubmit={(event) => event.preventDefault()}>
      <Field id="cf-preset" label={t('preset.name')} help={t('preset.help')} problem={ofName}>
        <TextBox
          {...describedBy('cf-preset')}
          bad={Boolean(ofName)}
          maxLength={80}
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      {scopes.length > 1 && (
        <Segments<Scope>
          aria-label={t('preset.for')}
          value={scope}
          options={[
            { value: 'project', label: t('preset.of_project', { project }) },
            { value: 'language', label: t('preset.of_language', { language }) },
          ]}
          onChange={choose}
        />
      )}
      {save.error && !ofName && <RegionError error={save.error} />}
      <div className={css.buttons}>
        <KeyButton
          type="primary"
          htmlType="submit"
          shortcut="ctrl+enter"
          loading={save.isPending && { delay: 300 }}
          onPress={press}
        >
          {t('preset.save')}
        </KeyButton>
      </div>
    </form>
  )
}

function Row({ preset, onDeleted }: { preset: Preset; onDeleted: (preset: Preset) => void }) {
  const { t } = useTranslation('configuration')
  const remove = useDeletePreset(onDeleted)
  const owner =
    preset.scope === 'project'
      ? t('preset.of_project', { project: preset.project ?? '' })
      : t('preset.of_language', { language: preset.language ?? '' })
  return (
    <tr>
      <th scope="row">{preset.name}</th>
      <td>{owner}</td>
      <td className={css.wideOnly}>{preset.created_by && nameOf(preset.created_by)}</td>
      <td className="t2">
        <Age at={preset.created_at} />
      </td>
      <td>
        <div className={css.actions}>
          {preset.can_delete && (
            <Button
              size="small"
              aria-label={t('preset.delete_of', { name: preset.name })}
              loading={remove.isPending && { delay: 300 }}
              onClick={() => remove.mutate(preset)}
            >
              {t('preset.delete')}
            </Button>
          )}
          {remove.error && <RegionError error={remove.error} />}
        </div>
      </td>
    </tr>
  )
}

type ListProps = { found: ReturnType<typeof usePresets>; onDeleted: (preset: Preset) => void }

function List({ found, onDeleted }: ListProps) {
  const { t } = useTranslation('configuration')
  if (found.error && !found.rows) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!found.rows) return <Loading />
  if (!found.rows.length) return <Empty>{t('preset.none')}</Empty>
  return (
    <div className={css.tableBox} tabIndex={0} role="group" aria-label={t('presets')}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('preset.name')}</th>
            <th scope="col">{t('preset.for')}</th>
            <th scope="col" className={css.wideOnly}>
              {t('col.author')}
            </th>
            <th scope="col">{t('preset.since')}</th>
            <th scope="col">
              <span className="hidden-visually">{t('col.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {found.rows.map((preset) => (
            <Row key={preset.id} preset={preset} onDeleted={onDeleted} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** In the dialog, for a toast lies behind it. */
function Told({ saved, deleted, onBack }: { saved: string; deleted: Preset | null; onBack: () => void }) {
  const { t } = useTranslation(['configuration', 'common'])
  const again = useSavePreset(onBack)
  return (
    <div role="status" className="t2">
      {saved && t('preset.saved', { name: saved })}
      {deleted && (
        <>
          {t('preset.deleted', { name: deleted.name })}{' '}
          <button type="button" className="link" onClick={() => again.mutate(asNew(deleted))}>
            {t('common:undo')}
          </button>
          {again.error && <RegionError error={again.error} />}
        </>
      )}
    </div>
  )
}

type Props = { project: string; document: Doc; onClose: () => void }

export function Presets({ project, document, onClose }: Props) {
  const { t } = useTranslation(['configuration', 'common'])
  const found = usePresets(project)
  const [told, tell] = useState<{ saved: string; deleted: Preset | null }>({ saved: '', deleted: null })
  return (
    <Dialog label={t('presets')} onClose={onClose} className={css.sheet}>
      <DialogTitle>{t('presets')}</DialogTitle>
      {found.language && (
        <Save
          project={project}
          language={found.language}
          document={document}
          onSaved={({ name }) => tell({ saved: name, deleted: null })}
        />
      )}
      <Told {...told} onBack={() => tell({ saved: '', deleted: null })} />
      <List found={found} onDeleted={(deleted) => tell({ saved: '', deleted })} />
      <div className={css.buttons}>
        <Button onClick={onClose}>{t('common:close')}</Button>
      </div>
    </Dialog>
  )
}
