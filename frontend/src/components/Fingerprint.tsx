/** The fingerprint of a change in groups of four; the whole on hover. */
import { grouped } from '@/lib/glyph'
import css from './Fingerprint.module.css'

export function Fingerprint({ value, struck = false }: { value: string; struck?: boolean }) {
  return (
    <span className={`${css.print} ${struck ? css.struck : ''}`} title={value}>
      {grouped(value)}
    </span>
  )
}
