/** Settings, migration: per environment where the requests go, virtual machines or containers, and the way back (P8). */
import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { grantsQuery, projectEnvironmentsQuery, whyQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { BackToVm } from './migration/BackToVm'
import { ChangeForm } from './migration/ChangeForm'
import { History } from './migration/History'
import type { Revision } from './migration/model'
import { migrationQuery } from './migration/queries'
import { Servers } from './migration/Servers'
import { Upstream } from './migration/Upstream'
import type { Project } from './settingsProject'
import css from './Settings.module.css'
import own from './migration/migration.module.css'

const route = getRouteApi('/inside/p/$project/settings/$tab')
type Pair = Schemas['ProjectEnvironment']

/** Before the first change nobody has said where requests go; the API's "vm" is only where a form begins. */
const stated = (revision: Revision) => (revision.number ? revision.state : 'none')

function Overview({ project, pairs, chosen }: { project: Project; pairs: Pair[]; chosen: string }) {
  const { t } = useTranslation(['migration', 'projects'])
  const found = useQueries({ queries: pairs.map((pair) => migrationQuery(project.slug, pair.environment)) })
  return (
    <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('title')}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('projects:set.environment')}</th>
            <th scope="col">{t('state')}</th>
            <th scope="col">{t('weight')}</th>
            <th scope="col">{t('since')}</th>
          </tr>
        </thead>
        <tbody>
          {pairs.map((pair, index) => {
            const revision = found[index]?.data
            return (
              <tr key={pair.environment} className={pair.environment === chosen ? own.chosen : undefined}>
                <th scope="row">
                  <Link
                    to="/p/$project/settings/$tab"
                    params={{ project: project.slug, tab: 'migration' }}
                    search={{ env: pair.environment }}
                    className="link"
                    aria-current={pair.environment === chosen || undefined}
                  >
                    {pair.name}
                  </Link>
                </th>
                <td className={own.word}>
                  {revision ? t(`state.${stated(revision)}`) : found[index]?.isError ? '—' : '…'}
                </td>
                <td className="tnum">
                  {revision && (revision.number ? t('percent', { n: revision.container_weight }) : '—')}
                </td>
                <td className={`t2 ${own.word}`}>{revision?.created_at ? <Age at={revision.created_at} /> : '—'}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** For who may not change it: why, who can, and what is set. */
function ReadOnly({ project, pair, revision }: { project: Project; pair: Pair; revision: Revision }) {
  const { t } = useTranslation('migration')
  const right = useQuery(
    whyQuery({ action: 'migration.change', project: project.id, environment: pair.environment_id }),
  )
  const grants = useQuery(grantsQuery({ project: project.slug })).data?.rows ?? []
  const ops = grants.filter((grant) => grant.environment === pair.environment && grant.role === 'ops')
  const names = [...new Set(ops.map((grant) => nameOf(grant.user)))].join(', ')
  return (
    <>
      {right.data && <Denied reason={right.data}>{names ? t('who', { names }) : t('nobody')}</Denied>}
      <dl className={css.facts}>
        <div>
          <dt>{t('state')}</dt>
          <dd>{t(`state.${stated(revision)}`)}</dd>
        </div>
        <div>
          <dt>{t('weight')}</dt>
          <dd className="tnum">{revision.number ? t('percent', { n: revision.container_weight }) : '—'}</dd>
        </div>
        <div>
          <dt>{t('containers')}</dt>
          <dd className="mono">{revision.container_servers.join(', ') || '—'}</dd>
        </div>
      </dl>
    </>
  )
}

function Chosen({ project, pair }: { project: Project; pair: Pair }) {
  const { t } = useTranslation('migration')
  const word = useEnvironmentWord()
  const { slug } = project
  const { environment } = pair
  const found = useQuery(migrationQuery(slug, environment))
  const right = useQuery(
    whyQuery({ action: 'migration.change', project: project.id, environment: pair.environment_id }),
  )
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (right.isError) return <RegionError error={right.error} retry={() => void right.refetch()} />
  if (!found.data || !right.data) return <Loading />
  const revision = found.data
  const may = right.data.allowed
  return (
    <>
      <section className={css.part} aria-labelledby="migration-now">
        <h2 id="migration-now">{t('where', { environment: word(pair) })}</h2>
        {may ? (
          <ChangeForm project={slug} environment={environment} revision={revision} />
        ) : (
          <ReadOnly project={project} pair={pair} revision={revision} />
        )}
      </section>
      {may && revision.state !== 'vm' && (
        <section className={css.part} aria-labelledby="migration-back">
          <h2 id="migration-back">{t('back.title')}</h2>
          <BackToVm project={slug} environment={environment} />
        </section>
      )}
      <section className={css.part} aria-labelledby="migration-vm">
        <h2 id="migration-vm">{t('vm')}</h2>
        <Servers project={slug} revision={revision} />
      </section>
      <section className={css.part} aria-labelledby="migration-nginx">
        <h2 id="migration-nginx">{t('nginx')}</h2>
        <Upstream project={slug} environment={environment} number={revision.number} />
      </section>
      <section className={css.part} aria-labelledby="migration-history">
        <h2 id="migration-history">{t('history')}</h2>
        <History project={slug} environment={environment} />
      </section>
    </>
  )
}

export function SettingsMigration({ project }: { project: Project }) {
  const { t } = useTranslation('migration')
  const { env } = route.useSearch()
  const found = useQuery(projectEnvironmentsQuery(project.slug))
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Loading />
  const pairs = found.data.results
  const pair = pairs.find((one) => one.environment === env) ?? pairs[0]
  if (!pair)
    return (
      <div className="card">
        <Empty>{t('no_environment')}</Empty>
      </div>
    )
  return (
    <>
      <section className={css.part} aria-labelledby="migration">
        <h2 id="migration">{t('title')}</h2>
        <Overview project={project} pairs={pairs} chosen={pair.environment} />
      </section>
      <Chosen key={pair.environment} project={project} pair={pair} />
    </>
  )
}
