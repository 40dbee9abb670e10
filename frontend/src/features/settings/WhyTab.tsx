/** "May I, and if not, why not?": the policy table's own answer for one action in one place. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Select } from 'antd'
import { CircleCheck, CircleMinus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ActionSelect } from '@/components/form/ActionSelect'
import { Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { projectEnvironmentsQuery, projectsQuery, whyQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import { actionOf, needsProject } from '@/lib/policy'
import { Field, Group } from './parts'
import css from './settings.module.css'

const route = getRouteApi('/inside/settings/$tab')

export function WhyTab() {
  const { t } = useTranslation('settings')
  const search = route.useSearch()
  const word = useEnvironmentWord()
  const navigate = useNavigate()
  const projects = useQuery(projectsQuery({ limit: 200 }))
  const project =
    projects.data?.results.find((one) => one.slug === search.project) ??
    (search.project ? undefined : projects.data?.results[0])
  const environments = useQuery({ ...projectEnvironmentsQuery(project?.slug ?? ''), enabled: Boolean(project) })
  const list = environments.data?.results ?? []
  const environment = list.find((one) => one.environment === search.env) ?? list.at(-1)
  const action = actionOf(search.action)
  const inProject = needsProject(action)
  const here = project && environments.data && { project: project.id, environment: environment?.environment_id }
  const isAsked = !inProject || Boolean(here)
  const why = useQuery(whyQuery(isAsked ? { action, ...(inProject && here) } : null))
  const choose = (part: { project?: string; env?: string; action?: string }) =>
    void navigate({ to: '.', search: { ...search, ...part }, replace: true })

  return (
    <Group note={t('why.note')}>
      {projects.error && <RegionError error={projects.error} retry={() => void projects.refetch()} />}
      {inProject && projects.data && !project && (
        <p className="t2">{search.project ? t('why.no_such_project') : t('why.no_project')}</p>
      )}
      <div className={css.three}>
        <Field label={t('why.action')}>
          {(ids) => (
            <ActionSelect
              {...ids}
              label={t('why.action')}
              value={action}
              onChange={(value) => choose({ action: value })}
            />
          )}
        </Field>
        {inProject && (
          <>
            <Field label={t('why.project')}>
              {(ids) => (
                <Select
                  {...ids}
                  aria-label={t('why.project')}
                  showSearch={{ optionFilterProp: 'label' }}
                  value={project?.slug}
                  options={projects.data?.results.map((one) => ({ value: one.slug, label: one.slug })) ?? []}
                  onChange={(value: string) => choose({ project: value, env: undefined })}
                />
              )}
            </Field>
            <Field label={t('why.environment')}>
              {(ids) => (
                <Select
                  {...ids}
                  aria-label={t('why.environment')}
                  value={environment?.environment}
                  options={list.map((one) => ({ value: one.environment, label: one.name }))}
                  onChange={(value: string) => choose({ env: value })}
                />
              )}
            </Field>
          </>
        )}
      </div>
      {why.error && <RegionError error={why.error} retry={() => void why.refetch()} />}
      {isAsked && !why.data && !why.error && (
        <Loading>
          <span className="t3">…</span>
        </Loading>
      )}
      {why.data && (
        <Answer
          answer={why.data}
          yes={
            inProject && project
              ? t('why.yes_place', { project: project.slug, environment: word(environment) })
              : t('why.yes_anywhere')
          }
        />
      )}
    </Group>
  )
}

function Answer({ answer, yes }: { answer: Schemas['WhyAnswer']; yes: string }) {
  const { t } = useTranslation('settings')
  return (
    <div className={css.answer} role="status">
      {answer.allowed ? (
        <CircleCheck size={16} aria-hidden className={css.ok} />
      ) : (
        <CircleMinus size={16} aria-hidden className={css.no} />
      )}
      <span>
        <span className="b5">{t(answer.allowed ? 'why.yes' : 'why.no')}</span>{' '}
        <span className="t2">{answer.allowed ? yes : sentence(answer)}</span>
      </span>
    </div>
  )
}
