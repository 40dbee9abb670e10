/** How a check or an answer stands, as an icon; colour never alone. */
import {
  CircleCheck,
  CircleDashed,
  CircleQuestionMark,
  CircleX,
  Clock,
  Hand,
  TriangleAlert,
  type LucideIcon,
} from 'lucide-react'
import type { Tone } from './types'
import css from './ticket.module.css'

const ICONS: Record<Tone, LucideIcon> = {
  ok: CircleCheck,
  warn: TriangleAlert,
  wait: Hand,
  bad: CircleX,
  odd: CircleQuestionMark,
  run: Clock,
  off: CircleDashed,
}

export function ToneIcon({ tone, size = 16 }: { tone: Tone; size?: number }) {
  const Icon = ICONS[tone]
  return <Icon size={size} strokeWidth={2} aria-hidden className={`${css.icon} ${css[tone]}`} data-tone={tone} />
}
