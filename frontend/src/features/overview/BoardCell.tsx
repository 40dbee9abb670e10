/** One cell of the board: glyph and tag, ready of total, age and one note. Must not decide what the note is. */
import { Link } from '@tanstack/react-router'
import { Wrench } from 'lucide-react'
import type { HTMLAttributes } from 'react'
import { useTranslation } from 'react-i18next'
import { Age, ClockTime } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { StateMark } from '@/components/Status'
import { markOf, noteHue, type Note, type Part } from './board'
import css from './Board.module.css'

function NoteWord({ note }: { note: Note }) {
  const { t } = useTranslation('overview')
  const hue = noteHue(note)
  return (
    <span className={`${css.note} ${hue ? css[hue] : 't3'}`}>
      {note === 'drifted' && <Wrench size={12} aria-hidden />}
      {t(`note.${note}`)}
    </span>
  )
}

/** The tag, without its year where the cell is narrow: only one of the two is ever there. */
function Fitting({ tag, digest }: { tag: string; digest: string }) {
  return (
    <>
      <span className={css.long}>
        <ImageName tag={tag} digest={digest} size={14} />
      </span>
      <span className={css.short}>
        <ImageName tag={tag} digest={digest} size={14} short />
      </span>
    </>
  )
}

export function PartView({ part }: { part: Part }) {
  const { t } = useTranslation('overview')
  const { note } = part
  return (
    <>
      {part.workload && <span className={`${css.workload} clip`}>{part.workload}</span>}
      <span className={css.image}>
        {part.digest ? (
          <Fitting tag={part.tag} digest={part.digest} />
        ) : (
          <span className="t3">{t('cell.no_image')}</span>
        )}
      </span>
      <span className={css.facts}>
        <StateMark hue={markOf(note)} />
        <span className="tnum">
          {part.ready ?? '–'}/{part.total ?? '–'}
        </span>
        {part.clusters > 1 && <span className="t3">{t('board.clusters', { count: part.clusters })}</span>}
        {note !== 'silent' && part.changedAt && (
          <span className={css.age}>
            <span className="t3" aria-hidden>
              ·{' '}
            </span>
            <Age at={part.changedAt} short />
          </span>
        )}
        {note === 'silent' && part.seenAt ? (
          <span className={`${css.note} ${css.odd}`}>
            <span className={css.words}>{t('board.state_at')} </span>
            <ClockTime at={part.seenAt} seconds />
          </span>
        ) : (
          note && <NoteWord note={note} />
        )}
      </span>
    </>
  )
}

type Props = {
  parts: Part[]
  project: string
  lit: string
  onLight: (digest: string) => void
  at: string
  /** this cell is the one Tab comes to */
  tabbed: boolean
  onEnter: () => void
}

/** Another cell runs the same digest as the one looked at. */
const isLit = (part: Part, lit: string) => Boolean(part.digest) && part.digest === lit

export function PartLink({
  part,
  project,
  ...rest
}: { part: Part; project: string } & Omit<HTMLAttributes<HTMLElement>, 'part'>) {
  if (part.release?.tag) {
    return (
      <Link to="/p/$project/releases/$tag" params={{ project, tag: part.release.tag }} {...rest}>
        <PartView part={part} />
      </Link>
    )
  }
  return (
    <div {...rest}>
      <PartView part={part} />
    </div>
  )
}

export function BoardCell({ parts, project, lit, onLight, at, tabbed, onEnter }: Props) {
  const { t } = useTranslation('overview')
  if (!parts.length) {
    return (
      <td className={css.empty} data-at={at} tabIndex={tabbed ? 0 : -1} onFocus={onEnter}>
        <span aria-hidden>—</span>
        <span className="hidden-visually">{t('cell.nothing')}</span>
      </td>
    )
  }
  return (
    <td className={parts.some((part) => part.note === 'silent') ? 'hatched' : undefined}>
      {parts.map((part, index) => (
        <PartLink
          key={part.key}
          part={part}
          project={project}
          className={`${css.cell} ${isLit(part, lit) ? css.lit : ''}`}
          data-at={index === 0 ? at : undefined}
          tabIndex={index === 0 && !tabbed ? -1 : 0}
          onMouseEnter={() => onLight(part.digest)}
          onMouseLeave={() => onLight('')}
          onFocus={() => {
            onLight(part.digest)
            onEnter()
          }}
          onBlur={() => onLight('')}
        />
      ))}
    </td>
  )
}
