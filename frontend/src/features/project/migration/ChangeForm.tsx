/** Changing where requests go: state, weight, container addresses, and why. Save comes with the first change. */
import { Button, Input, InputNumber } from 'antd'
import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf } from '@/components/form/Field'
import { nameOf } from '@/components/Person'
import { Segments } from '@/components/Segments'
import { TextArea } from '@/components/TextBox'
import type { ApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { KeyButton } from '@/components/Key'
import { SettingsSave } from '../SettingsSave'
import { changedIn, formOf, serversOf, STATES, withState, type Form, type Revision } from './model'
import { useChangeMigration } from './queries'
import css from './migration.module.css'

const SHOWN = ['state', 'container_weight', 'container_servers', 'reason']

type FieldsProps = { form: Form; error: ApiError | null; onChange: (form: Form) => void }

function Fields({ form, error, onChange }: FieldsProps) {
  const { t } = useTranslation('migration')
  const weight = problemOf(error, 'container_weight')
  const servers = problemOf(error, 'container_servers')
  return (
    <>
      <Field id="migration-state" label={t('state')} problem={problemOf(error, 'state')}>
        <div id="migration-state">
          <Segments
            aria-label={t('state')}
            value={form.state}
            options={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
            onChange={(state) => onChange(withState(form, state))}
          />
        </div>
      </Field>
      <Field id="migration-weight" label={t('weight')} help={t(`weight.${form.state}`)} problem={weight}>
        {form.state === 'mixed' ? (
          <InputNumber<number>
            {...describedBy('migration-weight')}
            min={1}
            max={99}
            precision={0}
            suffix="%"
            value={form.weight}
            status={weight ? 'error' : undefined}
            className={css.weight}
            onChange={(value) => onChange({ ...form, weight: value ?? 1 })}
          />
        ) : (
          <span id="migration-weight" className="tnum">
            {t('percent', { n: form.weight })}
          </span>
        )}
      </Field>
      <Field id="migration-servers" label={t('containers')} help={t('containers.help')} problem={servers}>
        <TextArea
          {...describedBy('migration-servers')}
          spellCheck={false}
          least={2}
          most={12}
          bad={Boolean(servers)}
          value={form.servers}
          onChange={(event) => onChange({ ...form, servers: event.target.value })}
        />
      </Field>
    </>
  )
}

type OvertakenProps = { where: string; revision: Revision; base: number; onRebase: () => void; onDiscard: () => void }

/** Somebody changed it meanwhile: what is typed stays, and is compared with theirs from here on. */
function Overtaken({ where, revision, base, onRebase, onDiscard }: OvertakenProps) {
  const { t } = useTranslation(['migration', 'projects'])
  const { number, author, container_weight: share } = revision
  const by = author ? nameOf(author) : 'opsportal'
  const params = { where, number, by, based_on: base, weight: share }
  return (
    <div className={css.overtaken} role="alert">
      <p>
        <TriangleAlert size={14} aria-hidden />
        <span>{sentence({ code: 'migration.changed_meanwhile', params })}</span>
      </p>
      <div className={css.buttons}>
        <KeyButton type="primary" shortcut="ctrl+enter" onPress={onRebase}>
          {t('meanwhile', { number })}
        </KeyButton>
        <Button onClick={onDiscard}>{t('projects:set.discard')}</Button>
      </div>
    </div>
  )
}

/** What was changed, over the revision that was looked at. */
type Edits = { base: number; form: Form; reason: string }

type Props = { project: string; environment: string; revision: Revision }

export function ChangeForm({ project, environment, revision }: Props) {
  const { t } = useTranslation('migration')
  const [edits, setEdits] = useState<Edits | null>(null)
  const save = useChangeMigration(project, environment)
  const before = formOf(revision)
  const form = edits?.form ?? before
  const change = (next: Form) =>
    setEdits(
      changedIn(before, next).length || (edits && edits.base !== revision.number)
        ? { base: edits?.base ?? revision.number, form: next, reason: edits?.reason ?? '' }
        : null,
    )
  const discard = () => {
    setEdits(null)
    save.reset()
  }
  const words = (field: keyof Form, of: Form): string =>
    field === 'state'
      ? t(`state.${of.state}`)
      : field === 'weight'
        ? t('percent', { n: of.weight })
        : serversOf(of.servers).join(', ')
  const labels = { state: t('state'), weight: t('weight'), servers: t('containers') }
  const changes = changedIn(before, form).map((field) => ({
    label: labels[field],
    before: words(field, before),
    after: words(field, form),
  }))
  const isElsewhere = save.error && !Object.keys(save.error.fields ?? {}).some((name) => SHOWN.includes(name))
  const send = ({ base, reason }: Edits) =>
    save.mutate(
      {
        state: form.state,
        container_weight: form.weight,
        container_servers: serversOf(form.servers),
        reason: reason.trim(),
        based_on: base,
      },
      { onSuccess: () => setEdits(null) },
    )
  return (
    <div className={css.form}>
      <Fields form={form} error={save.error} onChange={change} />
      {edits && edits.base !== revision.number && (
        <Overtaken
          where={`${project}/${environment}`}
          revision={revision}
          base={edits.base}
          onRebase={() => {
            save.reset()
            setEdits(changes.length ? { ...edits, base: revision.number } : null)
          }}
          onDiscard={discard}
        />
      )}
      {edits && edits.base === revision.number && (
        <>
          <Field id="migration-reason" label={t('reason')} problem={problemOf(save.error, 'reason')}>
            <Input
              {...describedBy('migration-reason')}
              maxLength={200}
              value={edits.reason}
              onChange={(event) => setEdits({ ...edits, reason: event.target.value })}
            />
          </Field>
          <SettingsSave
            changes={changes}
            isPending={save.isPending}
            error={isElsewhere ? save.error : undefined}
            onDiscard={discard}
            onSave={() => send(edits)}
          />
        </>
      )}
    </div>
  )
}
