/** Settings, general: what people call the project, whom to call, and how it runs outside of containers. Its name in the clusters never changes. */
import { Input } from 'antd'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Argv } from '@/components/Argv'
import { Contacts } from '@/components/form/Contacts'
import { describedBy, Field, problemOf } from '@/components/form/Field'
import { runningOf } from '@/components/form/running'
import { RunningFields } from '@/components/form/RunningFields'
import { Denied } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import type { Reason } from '@/lib/i18n'
import { formOf, sentFields, type General } from './general'
import { changedFields, linesOf } from './settingsChanges'
import { useChangeProject, useMayChange, type Project } from './settingsProject'
import { SettingsSave } from './SettingsSave'
import css from './Settings.module.css'

const CALLED = ['contacts', 'alarm_contacts'] as const

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

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children || '—'}</dd>
    </div>
  )
}

function ReadOnly({ project }: { project: Project }) {
  const { t } = useTranslation('access')
  const { t: common } = useTranslation()
  const { start_command, stop_command } = project
  const { deploy_path, log_path, callback } = runningOf(project)
  const called = (list: (typeof CALLED)[number]) =>
    project[list].map((one) => `${one.name}, ${common(`channel.${one.channel}`)} ${one.address}`).join('; ')
  return (
    <dl className={css.facts}>
      <Row name={t('f.name')}>{project.name}</Row>
      <Row name={t('f.description')}>{project.description}</Row>
      {CALLED.map((list) => (
        <Row key={list} name={t(`f.${list}`)}>
          {called(list)}
        </Row>
      ))}
      <Row name={t('f.deploy_path')}>{deploy_path && <code>{deploy_path}</code>}</Row>
      <Row name={t('f.log_path')}>{log_path && <code>{log_path}</code>}</Row>
      <Row name={t('f.start_command')}>{start_command.length > 0 && <Argv argv={start_command} />}</Row>
      <Row name={t('f.stop_command')}>{stop_command.length > 0 && <Argv argv={stop_command} />}</Row>
      <Row name={t('f.callback')}>{callback && <code>{callback}</code>}</Row>
    </dl>
  )
}

function Edit({ project }: { project: Project }) {
  const { t } = useTranslation('access')
  const [edited, setEdited] = useState<Partial<General>>({})
  const change = useChangeProject(project.slug, () => setEdited({}))
  const before = formOf(project)
  const form = { ...before, ...edited }
  const fields = changedFields(before, form, CALLED)
  const problem = (field: keyof General) => problemOf(change.error, field)
  const set = (part: Partial<General>) => setEdited({ ...edited, ...part })
  return (
    <>
      <Field id="name" label={t('f.name')} problem={problem('name')}>
        <Input
          {...describedBy('name')}
          value={form.name}
          maxLength={200}
          onChange={(event) => set({ name: event.target.value })}
        />
      </Field>
      <Field id="description" label={t('f.description')} problem={problem('description')} optional>
        <TextArea
          {...describedBy('description')}
          least={2}
          most={10}
          value={form.description}
          onChange={(event) => set({ description: event.target.value })}
        />
      </Field>
      {CALLED.map((list) => (
        <Field key={list} id={list} label={t(`f.${list}`)} problem={problem(list)} optional group>
          <Contacts id={list} value={form[list]} onChange={(contacts) => set({ [list]: contacts })} />
        </Field>
      ))}
      <h3>{t('part.running')}</h3>
      <RunningFields draft={form} set={set} problem={problem} logFile={before.log_path} />
      <SettingsSave
        changes={linesOf(before, form, fields, (field) => t(`f.${field}`))}
        isPending={change.isPending}
        error={change.error}
        onDiscard={() => {
          setEdited({})
          change.reset()
        }}
        onSave={() => change.mutate(sentFields(form, fields))}
      />
    </>
  )
}

/** Why the reader may change nothing, or null: who he is comes before what the project is. */
function useRefusal(project: Project): Reason | null {
  const may = useMayChange(project)
  const { slug, stage } = project
  if (!may) return { code: 'policy.needs_owner' }
  return stage === 'active' ? null : { code: 'project.not_active', params: { project: slug, stage } }
}

export function SettingsGeneral({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const refusal = useRefusal(project)
  return (
    <>
      <section className={css.part} aria-labelledby="general">
        <h2 id="general">{t('set.general')}</h2>
        {refusal ? (
          <>
            <ReadOnly project={project} />
            <Denied reason={refusal} />
          </>
        ) : (
          <Edit project={project} />
        )}
      </section>
      <section className={css.part} aria-labelledby="fixed">
        <h2 id="fixed">{t('set.fixed')}</h2>
        <Facts project={project} />
      </section>
    </>
  )
}
