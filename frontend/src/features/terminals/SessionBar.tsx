/** Line 2, the session bar: recorded, time left, reason, who watches, connection. Ctrl Shift ↑ leads here. */
import { Eye, Plug, Timer, Unplug } from 'lucide-react'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import type { SessionDetail } from '@/lib/api/terminals'
import { clockOf, secondsLeft, urgencyOf, type Urgency } from '@/lib/terminal/countdown'
import type { LinkState } from '@/lib/terminal/link'
import { useNow } from '@/lib/time'
import css from './terminals.module.css'

/** How long a shell lives on without its browser. */
const LIVES_ON = 60

type Props = { session: SessionDetail; state: LinkState | null; watching?: boolean; ref?: Ref<HTMLDivElement> }

export function SessionBar({ session, state, watching = false, ref }: Props) {
  const { t } = useTranslation('terminals')
  const facts = state?.facts ?? null
  const watchers = facts?.watchers ?? session.watchers.map((one) => nameOf(one.user))
  const isOver = session.state === 'ended' || state?.phase === 'ended'
  return (
    <div ref={ref} className={css.bar} tabIndex={-1} role="group" aria-label={t('bar')}>
      <span className={css.recorded}>
        <span className={css.dot} aria-hidden />
        {t('recorded')}
      </span>
      {!isOver && (
        <TimeLeft endsAt={facts?.ends_at ?? session.ends_at} ahead={state?.ahead ?? 0} minutes={session.minutes} />
      )}
      <span className={css.why}>
        <span className="t2">{t('reason')}</span> <span title={session.reason}>{session.reason}</span>
      </span>
      <span className="grow" />
      {watchers.length > 0 && !watching && !isOver && (
        <span className={css.watchers} role="status">
          <Eye size={14} aria-hidden /> {t('watched_by', { names: watchers.join(t('comma')), count: watchers.length })}
        </span>
      )}
      {watching ? (
        <span className={css.watchers}>
          <Eye size={14} aria-hidden /> {t('watching')}
        </span>
      ) : (
        state && !isOver && <Connection state={state} />
      )}
    </div>
  )
}

type TimeProps = { endsAt: string | null; ahead: number; minutes: number }

/** Counted by the portal's clock, as far as it is known. */
function TimeLeft({ endsAt, ahead, minutes }: TimeProps) {
  const { t } = useTranslation('terminals')
  const now = useNow(1000)
  const left = secondsLeft(endsAt, now + ahead)
  const urgency = urgencyOf(left)
  return (
    <span className={css.time} data-urgency={urgency}>
      <Timer size={14} aria-hidden />
      {left === null ? (
        <span>{t('time.before', { minutes })}</span>
      ) : (
        <>
          <b className="tnum" aria-hidden>
            {clockOf(left)}
          </b>
          <span className="t2" aria-hidden>
            {t('time.left', { minutes })}
          </span>
          <span className="hidden-visually">{t('time.until', { minutes: Math.ceil(left / 60) })}</span>
        </>
      )}
      <Announced urgency={urgency} />
    </span>
  )
}

/** Said once at five minutes and once at one. */
function Announced({ urgency }: { urgency: Urgency }) {
  const { t } = useTranslation('terminals')
  return (
    <span className="hidden-visually" role="alert">
      {urgency === 'soon' ? t('time.soon') : urgency === 'last' ? t('time.last') : ''}
    </span>
  )
}

function Connection({ state }: { state: LinkState }) {
  const { t } = useTranslation('terminals')
  const now = useNow(1000)
  if (state.phase === 'open')
    return (
      <span className={css.connected}>
        <Plug size={14} aria-hidden />
        {state.latency === null ? t('connected') : t('connected_ms', { ms: state.latency })}
      </span>
    )
  const left = state.awaySince === null ? null : Math.ceil(LIVES_ON - (now - state.awaySince) / 1000)
  const text =
    state.phase === 'connecting'
      ? t('connecting')
      : state.phase === 'taken_over'
        ? t('elsewhere')
        : state.phase === 'failed'
          ? t('lost')
          : left !== null && left > 0
            ? t('reconnecting_left', { seconds: left })
            : t('reconnecting')
  return (
    <span className={css.away}>
      <Unplug size={14} aria-hidden />
      {text}
    </span>
  )
}
