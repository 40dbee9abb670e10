/** The values of a row, each with what is wrong with it; candidates are offered where there are several. */
import { useQuery } from '@tanstack/react-query'
import { Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { ManySelect } from '@/components/form/ManySelect'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { fieldSentence } from '@/lib/i18n'
import { useEdits } from '../parts/edits'
import { Labelled, SaveBar } from '../parts/form'
import { changeOf, diffOf, MIGRATIONS, valuesOf, type Intake, type Row, type Values } from './model'
import { choicesQuery, useCorrect } from './queries'
import { WorkloadFields } from './WorkloadFields'
import css from '../Admin.module.css'
import own from './intake.module.css'

type Text = 'slug' | 'name' | 'gitlab_path' | 'job' | 'image_repository'
type Choice = 'language' | 'gitlab' | 'jenkins' | 'registry'
type Form = ReturnType<typeof useEdits<Values>>
type Part = { form: Form; problem: (name: string) => string | null }

function TextField({ name, form, problem }: Part & { name: Text }) {
  const { t } = useTranslation('intake')
  return (
    <Labelled label={t(`field.${name}`)} problem={problem(name)}>
      {(control) => (
        <Input
          {...control}
          value={form.values[name]}
          className={name === 'name' ? undefined : 'mono'}
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Labelled>
  )
}

function ChoiceField({
  name,
  form,
  problem,
  options,
}: Part & { name: Choice; options: { value: string; label: string }[] }) {
  const { t } = useTranslation('intake')
  return (
    <Labelled label={t(`field.${name}`)} problem={problem(name)}>
      {(control) => (
        <Select
          {...control}
          value={form.values[name] || null}
          options={options}
          onChange={(value: string) => form.set(name, value)}
        />
      )}
    </Labelled>
  )
}

function Candidates({ row, form }: { row: Row; form: Form }) {
  const { t } = useTranslation('intake')
  const found = (row.candidates.repositories ?? []).filter((one) => typeof one.path === 'string')
  if (!found.length) return null
  return (
    <div className={own.candidates} role="group" aria-label={t('candidates')}>
      <span className="t2 s12">{t('candidates')}</span>
      {found.map((one) => (
        <button
          key={`${String(one.gitlab)}/${String(one.path)}`}
          type="button"
          className="link mono"
          onClick={() => {
            form.set('gitlab_path', String(one.path))
            form.set('gitlab', String(one.gitlab))
          }}
        >
          {String(one.path)}
        </button>
      ))}
    </div>
  )
}

function MigrationFields({ form, problem }: Part) {
  const { t } = useTranslation('intake')
  const { migration, container_weight, container_servers, servers } = form.values
  const tags = { mode: 'tags' as const, open: false, suffixIcon: null, tokenSeparators: [',', ' '] }
  return (
    <>
      <Labelled label={t('field.migration')} problem={problem('migration')}>
        {(control) => (
          <Select
            {...control}
            value={migration}
            options={MIGRATIONS.map((value) => ({ value, label: t(`migration.${value}`) }))}
            onChange={(value) => form.set('migration', value)}
          />
        )}
      </Labelled>
      {migration === 'mixed' && (
        <Labelled label={t('field.container_weight')}>
          {(control) => (
            <InputNumber
              id={control.id}
              value={container_weight}
              min={1}
              max={99}
              precision={0}
              onChange={(value) => form.set('container_weight', value ?? 1)}
            />
          )}
        </Labelled>
      )}
      {migration !== 'container' && (
        <Labelled label={t('field.servers')} help={t('help.servers')} optional={migration === 'vm'}>
          {(control) => (
            <Select {...control} {...tags} value={servers} onChange={(value) => form.set('servers', value)} />
          )}
        </Labelled>
      )}
      {migration !== 'vm' && (
        <Labelled label={t('field.container_servers')} help={t('help.servers')}>
          {(control) => (
            <Select
              {...control}
              {...tags}
              value={container_servers}
              onChange={(value) => form.set('container_servers', value)}
            />
          )}
        </Labelled>
      )}
    </>
  )
}

const named = (names: string[] | undefined) => (names ?? []).map((value) => ({ value, label: value }))

export function RowForm({ intake, row }: { intake: Intake; row: Row }) {
  const { t } = useTranslation('intake')
  const initial = valuesOf(row)
  const form = useEdits<Values>(initial)
  const { data } = useQuery(choicesQuery)
  const save = useCorrect(intake.id, row.id)
  const problem = (name: string) => {
    if (name in form.changes) return null
    const [first] = row.problems?.[name] ?? []
    return first ? fieldSentence(first) : null
  }
  const part = { form, problem }
  const send = () => save.mutate(changeOf(form.changes, form.values), { onSuccess: form.reset })
  return (
    <>
      <div className={css.fields}>
        <TextField name="slug" {...part} />
        <TextField name="name" {...part} />
        <ChoiceField
          name="language"
          {...part}
          options={(data?.languages ?? []).map((one) => ({ value: one.slug, label: one.name }))}
        />
        <div className={css.pair}>
          <ChoiceField name="gitlab" {...part} options={named(data?.gitlabs)} />
          <TextField name="gitlab_path" {...part} />
        </div>
        <Candidates row={row} form={form} />
        <div className={css.pair}>
          <ChoiceField name="jenkins" {...part} options={named(data?.jenkins)} />
          <TextField name="job" {...part} />
        </div>
        <div className={css.pair}>
          <ChoiceField name="registry" {...part} options={named(data?.registries)} />
          <TextField name="image_repository" {...part} />
        </div>
        <Labelled label={t('field.environments')} problem={problem('environments')}>
          {(control) => (
            <ManySelect
              {...control}
              value={form.values.environments}
              options={(data?.environments ?? []).map(({ slug, name }) => ({ value: slug, label: name }))}
              onChange={(value) => form.set('environments', value)}
            />
          )}
        </Labelled>
        <Labelled label={t('field.owners')} problem={problem('owners')} optional>
          {({ id }) => (
            <PeopleSelect
              many
              id={id}
              label={t('field.owners')}
              value={form.values.owners}
              problem={Boolean(problem('owners'))}
              onChange={(value) => form.set('owners', value)}
            />
          )}
        </Labelled>
        <WorkloadFields
          value={form.values.workloads}
          found={(row.candidates.workloads ?? []) as Record<string, unknown>[]}
          problem={problem('workloads')}
          onChange={(value) => form.set('workloads', value)}
        />
        <MigrationFields {...part} />
      </div>
      {(form.dirty || Boolean(save.error)) && (
        <SaveBar
          rows={diffOf(initial, form.changes, (name) => t(`field.${name}`))}
          label={t('save')}
          onSave={send}
          onReset={() => {
            form.reset()
            save.reset()
          }}
          pending={save.isPending}
          error={save.error}
          fields={[]}
        />
      )}
    </>
  )
}
