/** What of this project is configured where, and the way to the form: for what has a configuration, and for what has none yet. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { describedBy, Field } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { nameOf } from '@/components/Person'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { TextBox } from '@/components/TextBox'
import { api, body } from '@/lib/api/client'
import { projectEnvironmentsQuery } from '@/lib/api/queries'
import { rowsOf, WORKLOAD_NAME, type Row } from './model/rows'
import { listQuery, MOST, useMayPropose } from './queries'
import css from './configuration.module.css'

const route = getRouteApi('/inside/p/$project/configuration')

function One({ project, row }: { project: string; row: Row }) {
  const { t } = useTranslation('configuration')
  const params = { project, environment: row.environment, name: row.name }
  return (
    <tr>
      <th scope="row">
        <Link to="/p/$project/configuration/$environment/$name" params={params} className="link mono">
          {row.name}
        </Link>
      </th>
      <td>{row.environment}</td>
      <td>
        {row.current ? (
          <span className="tnum">{t('revision', { number: row.current.number })}</span>
        ) : (
          <span className="t2">{t('list.none_in_force')}</span>
        )}
      </td>
      <td className={css.wideOnly}>{row.current?.author ? nameOf(row.current.author) : ''}</td>
      <td className="t2">{row.current?.applied_at && <Age at={row.current.applied_at} />}</td>
      <td>
        {row.isConfigured && (
          <Link to="/p/$project/configuration/$environment/$name/revisions" params={params} className="link">
            {t('revisions')}
          </Link>
        )}
      </td>
    </tr>
  )
}

type BeginProps = { project: string; environments: string[] }

/** A workload nobody has configured yet: where, and how it is called. */
function Begin({ project, environments }: BeginProps) {
  const { t } = useTranslation('configuration')
  const navigate = useNavigate()
  const [environment, setEnvironment] = useState(environments[0] ?? '')
  const [name, setName] = useState(project)
  const [tried, setTried] = useState(false)
  const right = useMayPropose(project, environment)
  const problem = tried && !WORKLOAD_NAME.test(name) ? t('list.bad_name') : null
  const open = () => {
    setTried(true)
    if (WORKLOAD_NAME.test(name))
      void navigate({ to: '/p/$project/configuration/$environment/$name', params: { project, environment, name } })
  }
  return (
    <form className={css.begin} aria-label={t('list.begin')} onSubmit={(event) => event.preventDefault()} noValidate>
      <Field id="cf-environment" label={t('environment')}>
        <Select
          {...describedBy('cf-environment')}
          aria-label={t('environment')}
          value={environment}
          options={environments.map((slug) => ({ value: slug, label: slug }))}
          onChange={setEnvironment}
        />
      </Field>
      <Field id="cf-name" label={t('name')} problem={problem}>
        <TextBox
          {...describedBy('cf-name')}
          bad={Boolean(problem)}
          className="mono"
          maxLength={63}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      {right.data && !right.data.allowed ? (
        <Denied reason={right.data} />
      ) : (
        <KeyButton type="primary" htmlType="submit" className={css.beginButton} onPress={open}>
          {t('list.open')}
        </KeyButton>
      )}
    </form>
  )
}

export default function ListPage() {
  const { t } = useTranslation('configuration')
  const { project } = route.useParams()
  const list = useQuery(listQuery(project))
  const workloads = useQuery({
    queryKey: ['workloads', { project }],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/workloads/', { params: { query: { project, limit: MOST } }, signal })),
  })
  const places = useQuery(projectEnvironmentsQuery(project))
  const environments = (places.data?.results ?? []).map((one) => one.environment)
  const rows = rowsOf(list.data?.results ?? [], workloads.data?.results ?? [], environments)
  return (
    <div className={css.list}>
      <PageTitle title={t('list.title', { project })}>{t('list.head')}</PageTitle>
      <p className="t2">{t('list.lead')}</p>
      {list.isError && (
        <RegionError error={list.error} retry={() => void list.refetch()} shownAt={list.dataUpdatedAt || undefined} />
      )}
      {workloads.isError && <RegionError error={workloads.error} retry={() => void workloads.refetch()} />}
      {list.isPending && <Loading />}
      {list.data && (
        <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('list.head')}>
          {rows.length === 0 ? (
            <Empty>{t('list.empty')}</Empty>
          ) : (
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">{t('name')}</th>
                  <th scope="col">{t('environment')}</th>
                  <th scope="col">{t('list.in_force')}</th>
                  <th scope="col" className={css.wideOnly}>
                    {t('col.author')}
                  </th>
                  <th scope="col">{t('col.applied')}</th>
                  <th scope="col">
                    <span className="hidden-visually">{t('revisions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <One key={`${row.environment} ${row.name}`} project={project} row={row} />
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      {(list.data?.next || workloads.data?.next) && <p className="t3 s12">{t('list.first', { n: MOST })}</p>}
      {places.isError && <RegionError error={places.error} retry={() => void places.refetch()} />}
      {environments.length > 0 && (
        <section aria-labelledby="cf-begin">
          <h2 id="cf-begin">{t('list.begin')}</h2>
          <Begin key={environments.join()} project={project} environments={environments} />
        </section>
      )}
    </div>
  )
}
