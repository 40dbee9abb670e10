/** A status as icon and word on its hue, or as a shape where there is room for a mark only. Must not invent statuses. */
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleMinus,
  CircleQuestionMark,
  CircleX,
  Clock,
  CloudOff,
  Hand,
  LoaderCircle,
  Replace,
  TimerOff,
  UserCheck,
  type LucideIcon,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { hueOf, type Hue } from '@/lib/status'
import css from './Status.module.css'

const ICONS: Record<string, LucideIcon> = {
  pending_confirmation: UserCheck,
  pending_approval: Hand,
  scheduled: Clock,
  queued: CircleDashed,
  running: LoaderCircle,
  succeeded: CircleCheck,
  failed: CircleX,
  rejected: CircleMinus,
  errored: CircleQuestionMark,
  canceled: Ban,
  superseded: Replace,
  expired: TimerOff,
  planned: CircleDashed,
  due: LoaderCircle,
  waiting: LoaderCircle,
  skipped: CircleMinus,
  ready: CircleCheck,
  moving: LoaderCircle,
  failing: CircleX,
  offline: Ban,
  gone: CircleX,
  unknown: CloudOff,
  passed: CircleCheck,
  open: Hand,
  closed: CircleX,
}
const HUE_ICONS: Record<Hue, LucideIcon> = {
  ok: CircleCheck,
  run: LoaderCircle,
  wait: Hand,
  bad: CircleX,
  odd: CircleQuestionMark,
  off: CircleDashed,
}
const SPINS = new Set(['running', 'due', 'waiting', 'moving'])

export function StatusIcon({ status, size = 14 }: { status: string; size?: number }) {
  const hue = hueOf(status)
  const Icon = ICONS[status] ?? HUE_ICONS[hue]
  return (
    <Icon size={size} strokeWidth={2.2} aria-hidden className={`${css[hue]} ${SPINS.has(status) ? css.spin : ''}`} />
  )
}

/** The pill. `label` replaces the word where the page knows better for this reader ("Waiting for you"). */
export function Status({ status, label, plain = false }: { status: string; label?: string; plain?: boolean }) {
  const { t } = useTranslation()
  const hue = hueOf(status)
  return (
    <span className={`${css.status} ${css[hue]} ${plain ? css.plain : css[`${hue}Pill`]}`} data-status={status}>
      <StatusIcon status={status} size={12} />
      {label ?? t(`status.${status}` as 'status.running', { defaultValue: status })}
    </span>
  )
}

/** ● ok, ■ bad, ▲ wait, ○ run, ◆ odd, dotted ring off. */
export function StateMark({ hue, label }: { hue: Hue; label?: string }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      className={css[hue]}
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      {hue === 'ok' && <circle cx="8" cy="8" r="3.4" fill="currentColor" />}
      {hue === 'bad' && <rect x="4.4" y="4.4" width="7.2" height="7.2" rx="1.4" fill="currentColor" />}
      {hue === 'wait' && (
        <path d="M8 3.6 12.4 11.6H3.6Z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
      )}
      {hue === 'odd' && <path d="M8 3.2 12.8 8 8 12.8 3.2 8Z" fill="currentColor" />}
      {hue === 'run' && <circle cx="8" cy="8" r="3.6" fill="none" stroke="currentColor" strokeWidth="2" />}
      {hue === 'off' && (
        <circle cx="8" cy="8" r="3.8" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="1.6 2" />
      )}
    </svg>
  )
}
