/** Moments and ages. The absolute time is there on hover and focus; live ages go grey when they are old. */
import { useTranslation } from 'react-i18next'
import { useQuery } from '@tanstack/react-query'
import { meQuery } from '@/lib/api/queries'
import { absolute, clock, duration, relative, secondsSince, shortAge, useNow } from '@/lib/time'
import css from './Age.module.css'

const useZone = () => useQuery({ ...meQuery, enabled: false }).data?.time_zone

/** "24 min ago"; `short` leaves out "ago". */
export function Age({ at, short = false }: { at: string; short?: boolean }) {
  const { t } = useTranslation()
  const zone = useZone()
  const now = useNow(10_000)
  const text =
    short && secondsSince(at, now) < 7 * 86_400 ? shortAge(secondsSince(at, now), t) : relative(at, t, zone, now)
  return (
    <time dateTime={at} title={absolute(at, zone)} className="tnum">
      {text}
    </time>
  )
}

/** A clock time of today, with the whole on hover. */
export function ClockTime({ at, seconds }: { at: string; seconds?: boolean }) {
  const zone = useZone()
  return (
    <time dateTime={at} title={absolute(at, zone)} className="tnum">
      {clock(at, zone, seconds)}
    </time>
  )
}

/** How long something took, or takes until now. */
export function Took({ from, to }: { from: string; to?: string | null }) {
  const { t } = useTranslation()
  const now = useNow(to ? 3_600_000 : 1000)
  return (
    <span className="tnum">{duration(((to ? new Date(to).getTime() : now) - new Date(from).getTime()) / 1000, t)}</span>
  )
}

const OLD = 15

/** The age of a live region: "live, 2 s ago", grey after 15 s. `updatedAt` is when the answer came, in milliseconds. */
export function LiveAge({ updatedAt, failed = false }: { updatedAt: number; failed?: boolean }) {
  const { t } = useTranslation()
  const now = useNow(1000)
  if (!updatedAt) return null
  const seconds = secondsSince(updatedAt, now)
  const old = failed || seconds > OLD
  const text = old ? t('live.seen', { age: shortAge(seconds, t) }) : t('live.now', { age: shortAge(seconds, t) })
  return (
    <span className={`${css.live} ${old ? css.old : ''}`} aria-hidden data-stale={old || undefined}>
      <span className={css.dot} />
      {text}
    </span>
  )
}
