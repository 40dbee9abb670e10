/** Beside the screen: this pod, what if it goes away, what happened so far, what comes afterwards. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { usePodLine } from '@/components/pods/PodName'
import { podsQuery } from '@/lib/api/queries/terminals'
import type { Happened, Pod, SessionDetail } from '@/lib/api/terminals'
import { sentence } from '@/lib/i18n'
import css from './terminals.module.css'

export function Rail({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const isLive = session.state !== 'ended'
  const pods = useQuery({ ...podsQuery(session.project, session.workload_id), enabled: isLive }).data?.pods ?? []
  const pod = pods.find((one) => one.uid === session.pod_uid)
  const next = pods.find((one) => one.uid !== session.pod_uid && one.ready && one.cluster === session.cluster)
  return (
    <aside className={css.rail} aria-label={t('rail')}>
      <ThisPod session={session} pod={pod} />
      {isLive && (
        <Part title={t('if_gone')}>
          <p className="t2">
            {t('if_gone.means')} <NextPod pod={next} />
          </p>
        </Part>
      )}
      <Part title={t('happened')}>
        <WhatHappened session={session} />
      </Part>
      <Part title={t('afterwards')}>
        <ul className={css.after}>
          {(['processes', 'marked', 'recycle', ...(session.is_break_glass ? (['review'] as const) : [])] as const).map(
            (name) => (
              <li key={name}>
                <Check size={14} aria-hidden /> {t(`after.${name}`)}
              </li>
            ),
          )}
        </ul>
        {session.cleanup.reason && <p className="t2">{sentence(session.cleanup.reason)}</p>}
      </Part>
    </aside>
  )
}

export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.part}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function NextPod({ pod }: { pod: Pod | undefined }) {
  const { t } = useTranslation('terminals')
  const line = usePodLine()
  return <b className="b5">{pod ? line(pod) : t('if_gone.none')}</b>
}

function ThisPod({ session, pod }: { session: SessionDetail; pod: Pod | undefined }) {
  const { t } = useTranslation('terminals')
  const { t: words } = useTranslation('workload')
  const rows: [string, ReactNode][] = [
    [words('col.state'), pod ? words(`pod.${pod.state}`) : session.state === 'ended' ? '–' : t('pod.unseen')],
    [words('col.restarts'), pod?.restarts ?? '–'],
    [words('col.cluster'), <span className="mono">{session.cluster}</span>],
    [words('col.node'), <span className="mono">{pod?.node || '–'}</span>],
    [t('container'), <span className="mono">{session.container}</span>],
    [t('ticket'), session.ticket_id ? <TicketLink id={session.ticket_id} /> : t('ticket.none')],
  ]
  return (
    <Part title={t('this_pod')}>
      <ImageName tag={session.version} />
      <dl className={css.facts}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Part>
  )
}

const TicketLink = ({ id }: { id: number }) => (
  <Link to="/tickets/$id" params={{ id: String(id) }} className="link tnum">
    #{id}
  </Link>
)

const KNOWN = [
  'requested',
  'opened',
  'used',
  'ended',
  'end_requested',
  'extended',
  'watched',
  'replayed',
  'cleaned',
] as const
/** Routine of the connection itself, not worth a line. */
const QUIET = new Set(['terminal.claimed', 'terminal.connected', 'terminal.recording_settled'])

/** Two rows of one thing: whoever watches reads what was recorded so far, and what was asked to end has ended. */
function isTold(one: Happened, all: Happened[]): boolean {
  const isThere = (wanted: string, by?: string) =>
    all.some(({ code, actor }) => code === wanted && (by === undefined || actor === by))
  if (one.code === 'terminal.end_requested') return isThere('terminal.ended')
  return one.code === 'terminal.replayed' && one.params.state !== 'ended' && isThere('terminal.watched', one.actor)
}

/** Of a first key those that ran from it: more may have been given since. */
const minutesOf = ({ params, at }: Happened): number =>
  Number(params.minutes ?? Math.round((Date.parse(String(params.ends_at)) - Date.parse(at)) / 60_000))

export function WhatHappened({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const said = (one: Happened): string => {
    const { code, actor } = one
    const name = KNOWN.find((one) => code === `terminal.${one}`)
    if (name === 'ended' && session.end) return sentence(session.end)
    return name ? t(`happened.${name}`, { actor, minutes: minutesOf(one) }) : t('happened.other', { actor, code })
  }
  const rows = session.happened.filter((one) => !QUIET.has(one.code) && !isTold(one, session.happened))
  if (!rows.length) return <p className="t3">{t('happened.nothing')}</p>
  return (
    <ol className={css.happened}>
      {rows.map((one, index) => (
        <li key={index}>
          <span className="t3">
            <ClockTime at={one.at} />
          </span>
          <span>{said(one)}</span>
        </li>
      ))}
    </ol>
  )
}
