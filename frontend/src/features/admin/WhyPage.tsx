/** "Why may he, why may he not": a person, a place and an act, and the policy table's own answer as a sentence. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Select } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from '@/components/form/Field'
import { ActionSelect } from '@/components/form/ActionSelect'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { ProjectSelect } from '@/components/form/ProjectSelect'
import { nameOf } from '@/components/Person'
import { RegionError } from '@/components/states'
import { peopleQuery, projectEnvironmentsQuery, projectQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import { actionOf, needsProject } from '@/lib/policy'
import { Head } from './parts/Head'
import { Labelled } from './parts/form'
import { useRight } from './rights'
import { Answer } from './why/Answer'
import css from './Admin.module.css'
import own from './why/why.module.css'

const route = getRouteApi('/inside/admin/why')

/** The display name of a user name; the user name until it is known. */
function useNameOf(username: string | undefined): string {
  const found = useQuery({ ...peopleQuery(username ?? ''), enabled: Boolean(username) })
  const person = found.data?.results.find((one) => one.username === username)
  return person ? nameOf(person) : (username ?? '')
}

export default function WhyPage() {
  const { t } = useTranslation(['admin', 'settings'])
  const ids = { person: useId(), project: useId() }
  const me = useMe()
  const word = useEnvironmentWord()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const action = actionOf(search.action)
  const global = !needsProject(action)
  const slug = global ? undefined : search.project
  const project = useQuery({ ...projectQuery(slug ?? ''), enabled: Boolean(slug) })
  const pairs = useQuery({ ...projectEnvironmentsQuery(slug ?? ''), enabled: Boolean(slug) })
  const pair = pairs.data?.results.find((one) => one.environment === search.env)
  const askAnywhere = useRight({ action: 'user.manage' }).allowed
  const askHere = useRight(
    { action: 'why.read_others', project: project.data?.id },
    Boolean(project.data) && !askAnywhere,
  ).allowed
  const mayAskForOthers = askAnywhere || askHere
  const user = mayAskForOthers ? search.user : undefined
  const ready = global || (project.data && (!search.env || pair))
  const choose = (part: Partial<typeof search>) => void navigate({ search: { ...search, ...part }, replace: true })
  const where =
    pair && project.data
      ? t('why.in_both', { environment: word(pair), project: project.data.slug })
      : project.data
        ? t('why.in_project', { project: project.data.slug })
        : ''
  const params = { name: useNameOf(user), act: t(`settings:action.${action}`), where }
  return (
    <>
      <Head page="why" />
      <div className={own.form}>
        {mayAskForOthers && (
          <Field
            id={ids.person}
            label={t('why.person')}
            help={
              user ? (
                <button type="button" className="link" onClick={() => choose({ user: undefined })}>
                  {t('why.ask_myself')}
                </button>
              ) : (
                t('why.myself')
              )
            }
          >
            <PeopleSelect
              id={ids.person}
              label={t('why.person')}
              value={user ?? ''}
              onChange={(username) => choose({ user: username || undefined })}
            />
          </Field>
        )}
        <Labelled label={t('why.action')}>
          {(control) => (
            <ActionSelect
              {...control}
              label={t('why.action')}
              value={action}
              onChange={(value) => choose({ action: value })}
            />
          )}
        </Labelled>
        {!global && (
          <>
            <Field id={ids.project} label={t('grant.project')}>
              <ProjectSelect
                id={ids.project}
                label={t('grant.project')}
                placeholder={t('grant.choose_project')}
                value={slug}
                onChange={(value) => choose({ project: value, env: undefined })}
              />
            </Field>
            {project.data && (
              <Labelled label={t('grant.environment')}>
                {(control) => (
                  <Select
                    {...control}
                    aria-label={t('grant.environment')}
                    allowClear
                    placeholder={t('why.any_environment')}
                    value={pair?.environment ?? null}
                    style={{ width: '100%' }}
                    options={(pairs.data?.results ?? []).map((one) => ({ value: one.environment, label: one.name }))}
                    onChange={(value: string | null | undefined) => choose({ env: value ?? undefined })}
                  />
                )}
              </Labelled>
            )}
          </>
        )}
      </div>
      {project.isError && <RegionError error={project.error} />}
      {ready ? (
        <Answer
          question={{ action, project: project.data?.id, environment: pair?.environment_id, user }}
          username={user ?? me.username}
          project={project.data}
          environment={pair?.environment}
          words={{ yes: t(user ? 'why.yes' : 'why.yes_me', params), no: t(user ? 'why.no' : 'why.no_me', params) }}
        />
      ) : (
        !slug && <p className={css.hint}>{t('why.choose')}</p>
      )}
    </>
  )
}
