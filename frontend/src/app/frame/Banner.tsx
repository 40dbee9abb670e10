/** The banner slot: one line over the page, the highest first, the rest behind "+2". Asks whether the portal is back. */
import { useQueryClient } from '@tanstack/react-query'
import { CloudOff, KeyRound, Radio, ServerOff, type LucideIcon } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { connection } from '@/lib/api/connection'
import { meQuery } from '@/lib/api/queries'
import { sessionLost } from '@/lib/api/session'
import { liveMode } from '@/lib/live/socket'
import { useStore } from '@/lib/store'
import { bannersFor, type Banner as Line } from './banners'
import css from './Banner.module.css'

const ICONS: Record<Line['kind'], LucideIcon> = { session: KeyRound, offline: CloudOff, away: ServerOff, poll: Radio }
const ASK_EVERY = 5_000
const POLL_SHOWN_AFTER = 5_000

/** While nothing answers: ask for the smallest thing; once it answers, everything shown is asked for again. */
function useComeBack(away: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!away) return undefined
    const ask = () => void client.refetchQueries(meQuery, { cancelRefetch: false })
    const timer = setInterval(ask, ASK_EVERY)
    window.addEventListener('online', ask)
    return () => {
      clearInterval(timer)
      window.removeEventListener('online', ask)
      void client.invalidateQueries()
    }
  }, [away, client])
}

/** Hints that are late for a moment are nobody's business. */
function usePollingLong(): boolean {
  const live = useStore(liveMode)
  const [long, setLong] = useState(false)
  useEffect(() => {
    if (live !== 'poll') return undefined
    const timer = setTimeout(() => setLong(true), POLL_SHOWN_AFTER)
    return () => {
      clearTimeout(timer)
      setLong(false)
    }
  }, [live])
  return long
}

export function Banner() {
  const { t } = useTranslation('frame')
  const state = useStore(connection)
  const [all, setAll] = useState(false)
  useComeBack(state.state !== 'ok')
  const lines = bannersFor({ connection: state, pollingLong: usePollingLong(), sessionLost: useStore(sessionLost) })
  const shown = all ? lines : lines.slice(0, 1)
  const rest = lines.length - shown.length
  return (
    <div role="status" className={css.slot}>
      {shown.map(({ kind, since: from }, index) => {
        const Icon = ICONS[kind]
        return (
          <div key={kind} className={`${css.line} ${css[kind]}`}>
            <Icon size={14} aria-hidden />
            <span>
              <Words kind={kind} at={from ? <ClockTime at={new Date(from).toISOString()} /> : null} />
            </span>
            {index === 0 && rest > 0 && (
              <button
                type="button"
                className={css.rest}
                onClick={() => setAll(true)}
                aria-label={t('banner.rest', { n: rest })}
              >
                +{rest}
              </button>
            )}
          </div>
        )
      })}
    </div>
  )
}

/** The time stands in the middle of a sentence whose order the language decides. */
function Words({ kind, at }: { kind: Line['kind']; at: ReactNode }) {
  const { t } = useTranslation('frame')
  const [before, after] = t(`banner.${kind}`, { time: '\u0000' }).split('\u0000')
  return (
    <>
      {before}
      {after === undefined ? null : at}
      {after}
    </>
  )
}
