/** One part of the card: a heading, a quiet word beside it, something at the end of the line. */
import type { ReactNode } from 'react'
import css from './ticket.module.css'

export function Section({
  title,
  note,
  end,
  children,
}: {
  title: string
  note?: ReactNode
  end?: ReactNode
  children: ReactNode
}) {
  return (
    <section className={css.section} aria-label={title}>
      <header className={css.heading}>
        <h2>{title}</h2>
        {note ? <span className="t3 s12 clip">{note}</span> : null}
        {end ? <span className={css.end}>{end}</span> : null}
      </header>
      {children}
    </section>
  )
}
