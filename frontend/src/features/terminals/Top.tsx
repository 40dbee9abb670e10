/** Line 1: where one is, by meaning, and what may be done to the session: extend, end, another pod. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { Box, ChevronsUpDown } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePodLine } from '@/components/pods/PodName'
import { PageTitle } from '@/components/Page'
import { RegionError } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { usePageActions } from '@/lib/actions'
import { podsQuery } from '@/lib/api/queries/terminals'
import { extendSession, type SessionDetail } from '@/lib/api/terminals'
import { useSlugWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import type { LiveFacts } from '@/lib/terminal/messages'
import { EndDialog } from './EndDialog'
import css from './terminals.module.css'

const EXTEND_BY = 15

type Props = { session: SessionDetail; facts?: LiveFacts | null; isOver: boolean }

export function Top({ session, facts, isOver }: Props) {
  const { t } = useTranslation('terminals')
  const me = useMe()
  const client = useQueryClient()
  const [ending, setEnding] = useState(false)
  const extend = useMutation({
    mutationFn: () => extendSession(session.id, EXTEND_BY),
    onSuccess: (answer) => client.setQueryData(['terminal', session.id], answer),
  })
  const mayEnd = session.may.end.allowed && !isOver
  const mayExtend = session.may.extend.allowed && !isOver
  const isMine = session.user.username === me.username
  const end = { id: 'end-session', label: t('end'), run: () => setEnding(true) }
  const more = { id: 'extend', label: t('extend', { minutes: EXTEND_BY }), run: () => extend.mutate() }
  usePageActions([...(mayEnd ? [end] : []), ...(mayExtend ? [more] : [])])
  return (
    <>
      <TopBar left={<Where session={session} container={facts?.container} />} />
      <TopBar
        right={
          <>
            {mayExtend && (
              <Button className={css.wide} loading={extend.isPending && { delay: 300 }} onClick={() => extend.mutate()}>
                {t('extend', { minutes: EXTEND_BY })}
              </Button>
            )}
            {mayEnd && (
              <Button danger onClick={() => setEnding(true)}>
                {t('end')}
              </Button>
            )}
          </>
        }
      />
      {extend.error && <RegionError error={extend.error} />}
      {ending && <EndDialog session={session} isMine={isMine} close={() => setEnding(false)} />}
    </>
  )
}

function Where({ session, container }: { session: SessionDetail; container?: string }) {
  const { t } = useTranslation('terminals')
  const word = useSlugWord()
  const { project, environment, cluster, workload_id: id, pod } = session
  return (
    <div className={css.where}>
      <Box size={15} aria-hidden className="t2" />
      <PageTitle title={t('page', { project, environment: word(environment) })} className={css.project}>
        <Link to="/p/$project/workloads/$id" params={{ project, id: String(id) }} search={{ pod }}>
          {project}
        </Link>
      </PageTitle>
      <span className="t2">{word(environment)}</span>
      <span className={`mono ${css.wide}`}>{cluster}</span>
      <Another session={session} />
      <span className={`mono t2 ${css.wide}`}>{container ?? session.container}</span>
    </div>
  )
}

/** The pod by meaning; leads to the sheet, where another one can be chosen. */
function Another({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const line = usePodLine()
  const isLive = session.state !== 'ended'
  const { data } = useQuery({ ...podsQuery(session.project, session.workload_id), enabled: isLive })
  const pod = data?.pods.find((one) => one.uid === session.pod_uid)
  if (!isLive || !pod) return null
  const search = { project: session.project, env: session.environment, workload: session.workload_id }
  return (
    <Link to="/terminals/new" search={search} className={`${css.pill} ${css.wide}`} title={t('another')}>
      {line(pod)} <ChevronsUpDown size={12} aria-hidden />
    </Link>
  )
}
