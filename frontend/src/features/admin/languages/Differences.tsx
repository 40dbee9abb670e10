/** What differs between a job and its template, in words and not in markup. Secrets come hidden from the server. */
import { useTranslation } from 'react-i18next'
import { linesOfDifference, type Difference, type Line } from './drift'
import css from './languages.module.css'
import own from './drift.module.css'

const CLASS = { '+': css.added, '-': css.removed, ' ': css.same, '@': css.fold } as const

function Row({ line }: { line: Line }) {
  const { t } = useTranslation('templates')
  const marked = line.sign === '+' || line.sign === '-'
  return (
    <div className={CLASS[line.sign]}>
      {line.sign !== '@' && (
        <span
          className={css.sign}
          role={marked ? 'img' : undefined}
          aria-label={marked ? t(line.sign === '+' ? 'side.job' : 'side.template') : undefined}
        >
          {marked ? line.sign : ''}
        </span>
      )}
      <span className={css.code}>{line.text || ' '}</span>
    </div>
  )
}

export function Differences({ differences, leftOut }: { differences: readonly Difference[]; leftOut: number }) {
  const { t } = useTranslation('templates')
  return (
    <div className={own.differences}>
      <p className="t3 s12">{t('sides')}</p>
      {differences.map((one) => (
        <section key={one.path} aria-label={one.path}>
          <h3 className={own.path}>
            <span className="b5">{one.path}</span> <span className="t3 s12">{t(`kind.${one.kind}`)}</span>
          </h3>
          <div className={css.body} role="group" aria-label={one.path} tabIndex={0}>
            {linesOfDifference(one).map((line, index) => (
              <Row key={index} line={line} />
            ))}
          </div>
        </section>
      ))}
      {leftOut > 0 && <p className="t2">{t('left_out', { count: leftOut })}</p>}
    </div>
  )
}
