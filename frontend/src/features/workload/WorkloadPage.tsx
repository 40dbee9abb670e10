/** One workload: "is it serving, and if not, why?" Its pods by meaning, in each cluster, with a shell where policy lets one. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { SquareTerminal } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Segments } from '@/components/Segments'
import { Denied, Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { Status } from '@/components/Status'
import { TopBar } from '@/components/TopBar'
import { usePageActions } from '@/lib/actions'
import { podsQuery } from '@/lib/api/queries/terminals'
import { whyQuery } from '@/lib/api/queries'
import type { Pod, PodList } from '@/lib/api/terminals'
import { sentence } from '@/lib/i18n'
import { useSlugWord } from '@/lib/environment'
import { useKey } from '@/lib/keys'
import { countsOf } from '@/lib/pods'
import { whole } from '@/lib/search'
import { PodTable } from './PodTable'
import { workloadQuery } from './queries'
import css from './workload.module.css'

const route = getRouteApi('/inside/p/$project/workloads/$id')
const ALL = ''

/** The clusters, and the one that is looked at; [ and ] go through them. */
function Clusters({ list, chosen, choose }: { list: PodList; chosen: string; choose: (cluster: string) => void }) {
  const { t } = useTranslation('workload')
  const counts = countsOf(list.pods)
  const names = [ALL, ...list.clusters.map((one) => one.cluster)]
  const step = (by: number) => choose(names[(names.indexOf(chosen) + by + names.length) % names.length] ?? ALL)
  useKey('[', () => step(-1))
  useKey(']', () => step(1))
  if (list.clusters.length < 2) return null
  return (
    <Segments
      options={names.map((name) => {
        const count = counts.get(name)
        return {
          value: name,
          label: name === ALL ? t('all_clusters') : `${name} ${count?.ready ?? 0}/${count?.total ?? 0}`,
        }
      })}
      value={chosen}
      onChange={choose}
      aria-label={t('col.cluster')}
    />
  )
}

/** A cluster that does not answer is said, not left out. */
function Silent({ list }: { list: PodList }) {
  const silent = list.clusters.filter((one) => !one.reachable)
  return silent.map((one) => (
    <p key={one.cluster} className={`${css.silent} hatched`} role="status">
      <Status status="unknown" label={one.cluster} plain /> {sentence(one)}
    </p>
  ))
}

export default function WorkloadPage() {
  const { t } = useTranslation('workload')
  const { project, id: text } = route.useParams()
  const { cluster = ALL, pod } = route.useSearch()
  const navigate = useNavigate()
  const word = useSlugWord()
  const id = whole(text) ?? 0
  const workload = useQuery(workloadQuery(id))
  const pods = useQuery(podsQuery(project, id))
  const environment = workload.data?.environment
  const pair = workload.data && { project: workload.data.project_id, environment: workload.data.environment_id }
  const may = useQuery(whyQuery(pair ? { action: 'terminal.open', ...pair } : null)).data
  const mayAsk = useQuery(whyQuery(pair ? { action: 'emergency_shell.request', ...pair } : null)).data
  const allowed = Boolean(may?.allowed || mayAsk?.allowed)
  const shell = (one?: Pod) =>
    void navigate({ to: '/terminals/new', search: { project, env: environment, workload: id, pod: one?.name } })
  const name = workload.data?.deployment ?? ''
  const open = { id: 'shell', label: t('shell_in', { workload: name }), shortcut: 's', run: () => shell() }
  usePageActions(environment ? [{ ...open, refused: allowed || !mayAsk ? undefined : sentence(mayAsk) }] : [])
  const shown = pods.data?.pods.filter((one) => cluster === ALL || one.cluster === cluster) ?? []
  return (
    <div className={css.page}>
      <TopBar
        right={
          allowed && (
            <KeyButton icon={<SquareTerminal size={14} aria-hidden />} shortcut="s" onPress={() => shell()}>
              {t('shell')}
            </KeyButton>
          )
        }
      />
      <div className={css.head}>
        <PageTitle title={name ? `${name} · ${project}` : t('workloads')} className={css.title}>
          {name || '…'}
        </PageTitle>
        {workload.data && (
          <>
            <span className="t2">{word(workload.data.environment)}</span>
            <Status status={workload.data.condition.state} />
          </>
        )}
        <span className="grow" />
        {pods.data && (
          <Clusters
            list={pods.data}
            chosen={cluster}
            choose={(to) => void navigate({ to: '.', search: { cluster: to || undefined, pod }, replace: true })}
          />
        )}
        <LiveAge updatedAt={pods.dataUpdatedAt} failed={pods.isError} />
      </div>
      {workload.data?.condition.detail && <p className="t2">{workload.data.condition.detail}</p>}
      {workload.isError && <RegionError error={workload.error} retry={() => void workload.refetch()} />}
      {pods.isError && (
        <RegionError error={pods.error} retry={() => void pods.refetch()} shownAt={pods.data && pods.dataUpdatedAt} />
      )}
      {pods.data && <Silent list={pods.data} />}
      {pods.isPending && (
        <Loading>
          <SkeletonRows rows={4} height={44} />
        </Loading>
      )}
      {pods.data && !shown.length && (
        <Empty
          action={
            <Link to="/p/$project/releases" params={{ project }} className="link">
              {t('no_pods.releases')}
            </Link>
          }
        >
          {t('no_pods')}
        </Empty>
      )}
      {shown.length > 0 && <PodTable pods={shown} marked={pod} onShell={allowed ? shell : undefined} />}
      {mayAsk && !allowed && <Denied reason={mayAsk} />}
    </div>
  )
}
