/** Settings, general: what people call the project and whom to call. Its name in the clusters never changes. */
import { Input } from 'antd'
import { TextArea } from '@/components/TextBox'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Contacts } from '@/components/form/Contacts'
import { describedBy, Field, problemOf } from '@/components/form/Field'
import { Denied } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { changedFields, linesOf } from './settingsChanges'
import { useChangeProject, useMayChange, type Project } from './settingsProject'
import { SettingsSave } from './SettingsSave'
import css from './Settings.module.css'

type Form = { name: string; description: string; contacts: Schemas['ContactRequest'][] }
const formOf = ({ name, description, contacts }: Project): Form => ({ name, description, contacts })

function Facts({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const facts: [string, string][] = [
    [t('form.slug'), project.slug],
    [t('form.language'), project.language],
    [t('form.gitlab_path'), `${project.gitlab} · ${project.gitlab_path}`],
    [t('form.jenkins'), project.jenkins],
    [t('form.image_repository'), `${project.registry} · ${project.image_repository}`],
  ]
  return (
    <dl className={css.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
      <div>
        <dt>{t('set.created')}</dt>
        <dd>
          <Age at={project.created_at} />
        </dd>
      </div>
    </dl>
  )
}

function ReadOnly({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  return (
    <dl className={css.facts}>
      <div>
        <dt>{t('form.name')}</dt>
        <dd>{project.name}</dd>
      </div>
      <div>
        <dt>{t('form.description')}</dt>
        <dd>{project.description || '—'}</dd>
      </div>
      <div>
        <dt>{t('form.contacts')}</dt>
        <dd>
          {project.contacts
            .map((one) => `${one.name}, ${common(`channel.${one.channel}`)} ${one.address}`)
            .join('; ') || '—'}
        </dd>
      </div>
    </dl>
  )
}

function Edit({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const [edited, setEdited] = useState<Partial<Form>>({})
  const change = useChangeProject(project.slug, () => setEdited({}))
  const before = formOf(project)
  const form = { ...before, ...edited }
  const fields = changedFields(before, form, ['contacts'])
  const problem = (field: keyof Form) => problemOf(change.error, field)
  return (
    <>
      <Field id="name" label={t('form.name')} problem={problem('name')}>
        <Input
          {...describedBy('name')}
          value={form.name}
          maxLength={200}
          onChange={(event) => setEdited({ ...edited, name: event.target.value })}
        />
      </Field>
      <Field id="description" label={t('form.description')} problem={problem('description')}>
        <TextArea
          {...describedBy('description')}
          least={2}
          most={10}
          value={form.description}
          onChange={(event) => setEdited({ ...edited, description: event.target.value })}
        />
      </Field>
      <Field id="contacts" label={t('form.contacts')} problem={problem('contacts')} group>
        <Contacts id="contacts" value={form.contacts} onChange={(contacts) => setEdited({ ...edited, contacts })} />
      </Field>
      <SettingsSave
        changes={linesOf(before, form, fields, (field) => t(`form.${field}`))}
        isPending={change.isPending}
        error={change.error}
        onDiscard={() => {
          setEdited({})
          change.reset()
        }}
        onSave={() => change.mutate(Object.fromEntries(fields.map((field) => [field, form[field]])))}
      />
    </>
  )
}

export function SettingsGeneral({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const may = useMayChange(project)
  return (
    <>
      <section className={css.part} aria-labelledby="general">
        <h2 id="general">{t('set.general')}</h2>
        {may ? (
          <Edit project={project} />
        ) : (
          <>
            <ReadOnly project={project} />
            <Denied reason={{ code: 'policy.needs_owner' }} />
          </>
        )}
      </section>
      <section className={css.part} aria-labelledby="fixed">
        <h2 id="fixed">{t('set.fixed')}</h2>
        <Facts project={project} />
      </section>
    </>
  )
}
