/** A text with line numbers, or two as a unified diff. */
import { useTranslation } from 'react-i18next'
import { folded, lineDiff, linesOf, type DiffLine, type Fold } from './lines'
import css from './languages.module.css'

const SIGN = { same: '', removed: '-', added: '+' } as const

function Row({ line }: { line: DiffLine | Fold }) {
  const { t } = useTranslation('admin')
  if (line.kind === 'fold') return <div className={css.fold}>{t('language_page.fold', { count: line.count })}</div>
  return (
    <div className={css[line.kind]}>
      <span className={css.number} aria-hidden>
        {line.before}
      </span>
      <span className={css.number} aria-hidden>
        {line.after}
      </span>
      <span
        className={css.sign}
        role={line.kind === 'same' ? undefined : 'img'}
        aria-label={line.kind === 'same' ? undefined : t(line.kind === 'added' ? 'diff.after' : 'diff.before')}
      >
        {SIGN[line.kind]}
      </span>
      <span className={css.code}>{line.text || ' '}</span>
    </div>
  )
}

export function LineDiff({ before, after }: { before: string; after: string }) {
  const { t } = useTranslation('admin')
  const lines = lineDiff(before, after)
  if (lines.every(({ kind }) => kind === 'same')) return <p className="t2">{t('language_page.same')}</p>
  return (
    <div className={css.body} role="group" aria-label={t('diff.title')} tabIndex={0}>
      {folded(lines).map((line, index) => (
        <Row key={index} line={line} />
      ))}
    </div>
  )
}

export function Body({ text, label }: { text: string; label: string }) {
  return (
    <div className={css.body} role="group" aria-label={label} tabIndex={0}>
      {linesOf(text).map((line, index) => (
        <div key={index} className={css.same}>
          <span className={css.number} aria-hidden>
            {index + 1}
          </span>
          <span className={css.code}>{line || ' '}</span>
        </div>
      ))}
    </div>
  )
}
