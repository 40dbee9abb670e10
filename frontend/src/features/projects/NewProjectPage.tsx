/** Bringing a project in: one plain form (UI.md §5.8, as far as the API goes). The server looks the repository up and decides. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Checkbox, Input, Select } from 'antd'
import { TextArea } from '@/components/TextBox'
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Contacts } from '@/components/form/Contacts'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { Restored } from '@/components/form/Restored'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Denied, RegionError } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { environmentsQuery, languagesQuery, systemsQuery, type System } from '@/lib/api/queries'
import { useDraft } from '@/lib/drafts'
import { useMe } from '@/lib/me'
import { mayCreate } from './may'
import { NameField } from './NameField'
import { SystemSelect } from './SystemSelect'
import css from './NewProject.module.css'

/** How the service runs is asked of those who file a ticket only. */
type Running = 'alarm_contacts' | 'deploy_path' | 'log_path' | 'start_command' | 'stop_command' | 'callback'
type Form = Required<Omit<Schemas['NewProjectRequest'], Running>>
const EMPTY: Form = {
  slug: '',
  name: '',
  description: '',
  language: '',
  gitlab: '',
  gitlab_path: '',
  jenkins: '',
  registry: '',
  image_repository: '',
  owners: [],
  environments: [],
  contacts: [],
}
const SHOWN = Object.keys(EMPTY)

/** The only one there is need not be chosen. */
const chosen = (value: string, systems: System[] | undefined) =>
  value || (systems?.length === 1 ? (systems[0]?.name ?? '') : '')

function NewProjectForm() {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  const me = useMe()
  const client = useQueryClient()
  const navigate = useNavigate()
  const draft = useDraft<Form>(me.id, 'new-project', EMPTY)
  const languages = useQuery(languagesQuery).data?.results ?? []
  const environments = useQuery(environmentsQuery).data?.results ?? []
  const gitlab = useQuery(systemsQuery('gitlab'))
  const jenkins = useQuery(systemsQuery('jenkins'))
  const registry = useQuery(systemsQuery('registry'))
  const systems = { gitlab, jenkins, registry }
  const form: Form = {
    ...draft.value,
    gitlab: chosen(draft.value.gitlab, gitlab.data),
    jenkins: chosen(draft.value.jenkins, jenkins.data),
    registry: chosen(draft.value.registry, registry.data),
  }
  const create = useMutation<Schemas['Project'], ApiError>({
    mutationFn: () =>
      body(api.POST('/api/v1/projects/', { body: { ...form, image_repository: form.image_repository || undefined } })),
    onSuccess: async (made) => {
      draft.clear()
      await client.invalidateQueries({ queryKey: ['projects'] })
      await navigate({ to: '/p/$project', params: { project: made.slug } })
    },
    onError: (error) => {
      const wrong = SHOWN.find((field) => error.fields?.[field])
      if (wrong) document.getElementById(wrong)?.focus()
    },
  })
  const set = (part: Partial<Form>) => draft.change((old) => ({ ...old, ...part }))
  const problem = (field: keyof Form) => problemOf(create.error, field)
  const bind = (field: 'name' | 'gitlab_path' | 'image_repository') => ({
    ...describedBy(field),
    value: form[field],
    status: problem(field) ? ('error' as const) : undefined,
    onChange: (event: { target: { value: string } }) => set({ [field]: event.target.value }),
  })
  const rest = restOf(create.error, SHOWN)
  const down = Object.values(systems).find((one) => one.error)

  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Restored draft={draft} />
      <section className={css.part} aria-labelledby="part-name">
        <h2 id="part-name">{t('form.service')}</h2>
        <NameField value={form.slug} onChange={(slug) => set({ slug })} problem={problem('slug')} />
        <Field id="name" label={t('form.name')} problem={problem('name')}>
          <Input {...bind('name')} maxLength={200} />
        </Field>
        <Field id="language" label={t('form.language')} problem={problem('language')}>
          <Select
            {...describedBy('language')}
            aria-label={t('form.language')}
            value={form.language || undefined}
            onChange={(language) => set({ language })}
            options={languages.map((one) => ({ value: one.slug, label: one.name }))}
          />
        </Field>
        <Field id="description" label={t('form.description')} problem={problem('description')} optional wide>
          <TextArea
            {...describedBy('description')}
            least={2}
            most={8}
            value={form.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
      </section>
      <section className={css.part} aria-labelledby="part-code">
        <h2 id="part-code">{t('form.code')}</h2>
        <SystemSelect
          kind="gitlab"
          query={systems.gitlab}
          value={form.gitlab}
          problem={problem('gitlab')}
          onChange={(name) => set({ gitlab: name })}
        />
        <Field
          id="gitlab_path"
          label={t('form.gitlab_path')}
          help={t('form.gitlab_path_help')}
          problem={problem('gitlab_path')}
        >
          <Input {...bind('gitlab_path')} className="mono" spellCheck={false} />
        </Field>
        <SystemSelect
          kind="registry"
          query={systems.registry}
          value={form.registry}
          problem={problem('registry')}
          onChange={(name) => set({ registry: name })}
        />
        <Field
          id="image_repository"
          label={t('form.image_repository')}
          help={t('form.image_repository_help')}
          problem={problem('image_repository')}
          optional
        >
          <Input
            {...bind('image_repository')}
            className="mono"
            placeholder={form.gitlab_path.toLowerCase()}
            spellCheck={false}
          />
        </Field>
        <SystemSelect
          kind="jenkins"
          query={systems.jenkins}
          value={form.jenkins}
          problem={problem('jenkins')}
          onChange={(name) => set({ jenkins: name })}
        />
        {down && (
          <div className={css.wide}>
            <RegionError error={down.error} retry={() => void down.refetch()} />
          </div>
        )}
      </section>
      <section className={css.part} aria-labelledby="part-people">
        <h2 id="part-people">{t('form.people')}</h2>
        <Field id="owners" label={t('form.owners')} help={t('form.owners_help')} problem={problem('owners')} wide>
          <PeopleSelect
            id="owners"
            label={t('form.owners')}
            many
            value={form.owners}
            onChange={(owners) => set({ owners })}
            problem={Boolean(problem('owners'))}
          />
        </Field>
        <Field id="contacts" label={t('form.contacts')} problem={problem('contacts')} optional group wide>
          <Contacts id="contacts" value={form.contacts} onChange={(contacts) => set({ contacts })} />
        </Field>
      </section>
      <section className={css.part} aria-labelledby="part-environments">
        <h2 id="part-environments">{t('form.environments')}</h2>
        <div className={css.wide}>
          <Checkbox.Group
            className={css.environments}
            value={form.environments}
            onChange={(values) =>
              set({ environments: environments.map((one) => one.slug).filter((slug) => values.includes(slug)) })
            }
          >
            {environments.map((one) => (
              <Checkbox key={one.slug} value={one.slug}>
                <span className="b5">{one.name}</span>{' '}
                <span className="t2 s12">
                  {common(`tier.${one.tier}`)} ·{' '}
                  {one.placements.map((place) => place.data_centre || place.cluster).join(', ') || t('form.nowhere')}
                </span>
              </Checkbox>
            ))}
          </Checkbox.Group>
          {problem('environments') && <p className={css.problem}>{problem('environments')}</p>}
        </div>
      </section>
      <div className={css.foot}>
        {rest && <RegionError error={create.error} />}
        <KeyButton type="primary" shortcut="ctrl+enter" loading={create.isPending} onPress={() => create.mutate()}>
          {t('form.create')}
        </KeyButton>
        <span className="t3 s12">{t('form.then')}</span>
      </div>
    </form>
  )
}

export default function NewProjectPage() {
  const { t } = useTranslation('projects')
  return (
    <div className={css.page}>
      <TopBar
        left={
          <>
            <Link to="/projects" className="t2">
              {t('title')}
            </Link>
            <ChevronRight size={14} aria-hidden className="t3" />
            <PageTitle title={t('form.title')} className={css.heading} />
          </>
        }
      />
      {mayCreate(useMe()) ? <NewProjectForm /> : <Denied reason={{ code: 'policy.needs_admin' }} />}
    </div>
  )
}
