/** The Deployments the portal looks after, and the form by which ops take another one in (D21). */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { Status } from '@/components/Status'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { environmentsQuery } from '@/lib/api/queries'
import { pollOther } from '@/lib/live/polling'
import { useRefresh, type Project } from './settingsProject'
import css from './Settings.module.css'

type Adopt = { environment: string; cluster: string; deployment: string; container: string }
const SHOWN = ['environment', 'cluster', 'deployment', 'container']

function AdoptForm({ project, places }: { project: Project; places: string[] }) {
  const { t } = useTranslation('projects')
  const client = useQueryClient()
  const refresh = useRefresh(project.slug)
  const all = useQuery(environmentsQuery).data?.results ?? []
  const [form, setForm] = useState<Adopt>({
    environment: places[0] ?? '',
    cluster: '',
    deployment: project.slug,
    container: '',
  })
  const clusters = all.find((one) => one.slug === form.environment)?.placements ?? []
  const cluster = clusters.some((one) => one.cluster === form.cluster) ? form.cluster : (clusters[0]?.cluster ?? '')
  const adopt = useMutation<Schemas['WorkloadDetail'], ApiError>({
    mutationFn: () =>
      body(
        api.POST('/api/v1/workloads/adopt', {
          body: { ...form, cluster, project: project.slug, name: '', namespace: '' },
        }),
      ),
    onSuccess: async () => {
      setForm({ ...form, container: '' })
      await client.invalidateQueries({ queryKey: ['workloads'] })
      await refresh()
    },
  })
  const problem = (field: string) => problemOf(adopt.error, field)
  const rest = restOf(adopt.error, SHOWN)
  return (
    <form
      className={css.inline}
      aria-label={t('set.adopt')}
      onSubmit={(event) => {
        event.preventDefault()
        adopt.mutate()
      }}
    >
      <Field id="ad-environment" label={t('set.environment')} problem={problem('environment')}>
        <Select
          {...describedBy('ad-environment')}
          aria-label={t('set.environment')}
          value={form.environment}
          onChange={(environment) => setForm({ ...form, environment })}
          options={all.filter((one) => places.includes(one.slug)).map((one) => ({ value: one.slug, label: one.name }))}
        />
      </Field>
      <Field id="ad-cluster" label={t('set.cluster')} problem={problem('cluster')}>
        <Select
          {...describedBy('ad-cluster')}
          aria-label={t('set.cluster')}
          value={cluster || undefined}
          onChange={(value) => setForm({ ...form, cluster: value })}
          options={clusters.map((one) => ({
            value: one.cluster,
            label: one.data_centre ? `${one.cluster} · ${one.data_centre}` : one.cluster,
          }))}
        />
      </Field>
      <Field id="ad-deployment" label={t('set.deployment')} problem={problem('deployment')}>
        <Input
          {...describedBy('ad-deployment')}
          className="mono"
          value={form.deployment}
          onChange={(event) => setForm({ ...form, deployment: event.target.value })}
        />
      </Field>
      <Field id="ad-container" label={t('set.container')} problem={problem('container')}>
        <Input
          {...describedBy('ad-container')}
          className="mono"
          value={form.container}
          onChange={(event) => setForm({ ...form, container: event.target.value })}
        />
      </Field>
      <Button htmlType="submit" loading={adopt.isPending} className={css.inlineButton}>
        {t('set.adopt')}
      </Button>
      {rest && (
        <p className={css.problem} role="alert">
          {rest}
        </p>
      )}
    </form>
  )
}

export function SettingsWorkloads({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const places = project.my_roles.filter((mine) => mine.role === 'ops').map((mine) => mine.environment)
  const list = useQuery({
    queryKey: ['workloads', { project: project.slug }],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/workloads/', { params: { query: { project: project.slug, limit: 200 } }, signal })),
    refetchInterval: pollOther,
  })
  return (
    <section className={css.part} aria-labelledby="workloads">
      <h2 id="workloads">{t('set.workloads')}</h2>
      {list.error && (
        <RegionError error={list.error} retry={() => void list.refetch()} shownAt={list.dataUpdatedAt || undefined} />
      )}
      {list.isPending && <Loading />}
      {list.data?.results.length === 0 && (
        <div className="card">
          <Empty>{t('set.no_workloads')}</Empty>
        </div>
      )}
      {list.data && list.data.results.length > 0 && (
        <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('set.workloads')}>
          <table className={css.table}>
            <thead>
              <tr>
                {(['environment', 'cluster', 'deployment', 'container', 'state'] as const).map((name) => (
                  <th key={name} scope="col">
                    {t(`set.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.data.results.map((one) => (
                <tr key={one.id}>
                  <th scope="row">{one.environment}</th>
                  <td className="mono">{one.data_centre || one.cluster}</td>
                  <td className="mono">
                    {one.namespace}/
                    <Link
                      to="/p/$project/configuration/$environment/$name"
                      params={{ project: project.slug, environment: one.environment, name: one.deployment }}
                      className="link"
                    >
                      {one.deployment}
                    </Link>
                  </td>
                  <td className="mono">{one.container}</td>
                  <td>
                    <span title={one.condition.detail || undefined}>
                      <Status status={one.condition.state} plain />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {places.length > 0 ? (
        <AdoptForm project={project} places={places} />
      ) : (
        !list.error && <Denied reason={{ code: 'policy.needs_role', params: { roles: ['ops'] } }} />
      )}
    </section>
  )
}
