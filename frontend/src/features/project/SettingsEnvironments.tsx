/** Settings, environments: which of them the project uses, and how many people approve. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Checkbox, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { Denied, Loading, RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { environmentsQuery, projectEnvironmentsQuery } from '@/lib/api/queries'
import { useMe } from '@/lib/me'
import { changedFields, linesOf, type Change } from './settingsChanges'
import { useMayChange, useRefresh, type Project } from './settingsProject'
import { SettingsSave } from './SettingsSave'
import css from './Settings.module.css'

type Environment = Schemas['Environment']
type Pair = Schemas['ProjectEnvironment']
const MOST = 10
const NUMBERS = Array.from({ length: MOST + 1 }, (_, number) => number)

/** `null`: the environment's own number counts. */
function ApprovalsSelect({
  environment,
  value,
  onChange,
}: {
  environment: Environment
  value: number | null
  onChange: (value: number | null) => void
}) {
  const { t } = useTranslation('projects')
  const least = environment.tier === 'production' ? 1 : 0
  const options = [
    { value: -1, label: t('set.approvals_default', { n: environment.approvals_required }) },
    ...NUMBERS.filter((number) => number >= least).map((number) => ({ value: number, label: String(number) })),
  ]
  return (
    <Select
      aria-label={t('set.approvals_in', { environment: environment.name })}
      value={value ?? -1}
      onChange={(chosen) => onChange(chosen < 0 ? null : chosen)}
      options={options}
      className={css.number}
    />
  )
}

function useSaveEnvironments(slug: string, after: () => void) {
  const refresh = useRefresh(slug)
  return useMutation<void, ApiError, { used: string[] | null; approvals: [string, number | null][] }>({
    mutationFn: async ({ used, approvals }) => {
      if (used)
        await api.PATCH('/api/v1/projects/{slug}/', { params: { path: { slug } }, body: { environments: used } })
      for (const [environment, approvals_required] of approvals) {
        await body(
          api.PATCH('/api/v1/projects/{slug}/environments/{environment}/', {
            params: { path: { slug, environment } },
            body: { approvals_required },
          }),
        )
      }
    },
    onSuccess: after,
    // Also after a failure: the first of several may have gone through.
    onSettled: refresh,
  })
}

type Rights = { may: boolean; isAdmin: boolean }

function Edit({ project, all, pairs, may, isAdmin }: Rights & { project: Project; all: Environment[]; pairs: Pair[] }) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  const [used, setUsed] = useState<string[] | null>(null)
  const [approvals, setApprovals] = useState<Record<string, number | null>>({})
  const discard = () => {
    setUsed(null)
    setApprovals({})
  }
  const save = useSaveEnvironments(project.slug, discard)
  const before = project.environments
  const now = used ?? before
  const own = new Map(pairs.map((pair) => [pair.environment, pair.approvals_required]))
  const moved = Object.entries(approvals).filter(
    ([slug, number]) => now.includes(slug) && number !== (own.get(slug) ?? null),
  )
  const usedChanged = changedFields({ used: before }, { used: now }).length > 0
  const nameOf = new Map(all.map((one) => [one.slug, one.name]))
  const said = (number: number | null | undefined) =>
    number === null || number === undefined ? t('set.default') : String(number)
  const changes: Change[] = [
    ...(usedChanged
      ? linesOf(
          { used: before.map((slug) => nameOf.get(slug)) },
          { used: now.map((slug) => nameOf.get(slug)) },
          ['used'],
          () => t('form.environments'),
        )
      : []),
    ...moved.map(([slug, number]) => ({
      label: t('set.approvals_in', { environment: nameOf.get(slug) ?? slug }),
      before: said(own.get(slug)),
      after: said(number),
    })),
  ]
  return (
    <>
      <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('form.environments')}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{t('set.environment')}</th>
              <th scope="col">{t('set.tier')}</th>
              <th scope="col">{t('set.runs_on')}</th>
              <th scope="col">{t('set.approvals')}</th>
            </tr>
          </thead>
          <tbody>
            {all
              .filter((one) => may || before.includes(one.slug))
              .map((one) => {
                const isUsed = now.includes(one.slug)
                const number = one.slug in approvals ? (approvals[one.slug] ?? null) : (own.get(one.slug) ?? null)
                return (
                  <tr key={one.slug}>
                    <th scope="row">
                      {may ? (
                        <Checkbox
                          checked={isUsed}
                          onChange={(event) =>
                            setUsed(
                              all
                                .map((each) => each.slug)
                                .filter((slug) => (slug === one.slug ? event.target.checked : now.includes(slug))),
                            )
                          }
                        >
                          {one.name}
                        </Checkbox>
                      ) : (
                        one.name
                      )}
                    </th>
                    <td className="t2">{common(`tier.${one.tier}`)}</td>
                    <td className="mono">
                      {one.placements.map((place) => place.data_centre || place.cluster).join(', ') || '—'}
                    </td>
                    <td className="tnum">
                      {!one.is_gated ? (
                        <span className="t3">{t('set.not_asked')}</span>
                      ) : isUsed && isAdmin ? (
                        <ApprovalsSelect
                          environment={one}
                          value={number}
                          onChange={(value) => setApprovals({ ...approvals, [one.slug]: value })}
                        />
                      ) : isUsed ? (
                        (number ?? one.approvals_required)
                      ) : (
                        '—'
                      )}
                    </td>
                  </tr>
                )
              })}
          </tbody>
        </table>
      </div>
      {problemOf(save.error, 'environments') && (
        <p className={css.problem} role="alert">
          {problemOf(save.error, 'environments')}
        </p>
      )}
      <SettingsSave
        changes={changes}
        isPending={save.isPending}
        error={problemOf(save.error, 'environments') ? undefined : save.error}
        onDiscard={() => {
          discard()
          save.reset()
        }}
        onSave={() => save.mutate({ used: usedChanged ? now : null, approvals: moved })}
      />
      {!isAdmin && (
        <Denied reason={{ code: may ? 'policy.needs_admin' : 'policy.needs_owner' }}>
          {may && <span className="t2">{t('set.approvals_admin')}</span>}
        </Denied>
      )}
    </>
  )
}

export function SettingsEnvironments({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const all = useQuery(environmentsQuery)
  const pairs = useQuery(projectEnvironmentsQuery(project.slug))
  const may = useMayChange(project)
  const isAdmin = useMe().is_instance_admin
  const error = all.error ?? pairs.error
  return (
    <section className={css.part} aria-labelledby="environments">
      <h2 id="environments">{t('form.environments')}</h2>
      {error && <RegionError error={error} retry={() => void Promise.all([all.refetch(), pairs.refetch()])} />}
      {(all.isPending || pairs.isPending) && <Loading />}
      {all.data && pairs.data && (
        <Edit project={project} all={all.data.results} pairs={pairs.data.results} may={may} isAdmin={isAdmin} />
      )}
    </section>
  )
}
