/** One row of the palette: the matched letters strong, the hint quiet, the key at the end. */
import { ArrowRight, Lock, User } from 'lucide-react'
import { Tag } from '@/components/Image'
import { Key } from '@/components/Key'
import { tagParts } from '@/lib/image'
import type { Shown } from './items'
import type { Range } from './match'
import css from './Palette.module.css'

type Props = { id: string; row: Shown; active: boolean; onPoint: () => void; onRun: (newTab: boolean) => void }

export function Row({ id, row, active, onPoint, onRun }: Props) {
  const Icon = row.group === 'refused' ? Lock : row.group === 'people' ? User : ArrowRight
  return (
    <div
      id={id}
      role="option"
      aria-selected={active}
      aria-disabled={row.group === 'refused' || undefined}
      className={css.row}
      data-group={row.group}
      onPointerMove={active ? undefined : onPoint}
      onClick={(event) => onRun(event.ctrlKey || event.metaKey)}
    >
      <Icon size={15} aria-hidden className={css.icon} />
      <span className={css.label}>
        <Strong text={row.label} ranges={row.ranges} />
      </span>
      {row.hint && (
        <span className={css.hint} title={row.hint}>
          {tagParts(row.hint) ? <Tag tag={row.hint} /> : row.hint}
        </span>
      )}
      {row.shortcut && (
        <span className={css.shortcut}>
          {row.shortcut.split(' ').map((key) => (
            <Key key={key}>{key}</Key>
          ))}
        </span>
      )}
    </div>
  )
}

function Strong({ text, ranges }: { text: string; ranges: Range[] }) {
  const parts = []
  let done = 0
  for (const [from, to] of ranges) {
    parts.push(text.slice(done, from), <b key={from}>{text.slice(from, to)}</b>)
    done = to
  }
  return (
    <>
      {parts}
      {text.slice(done)}
    </>
  )
}
