/** A unified diff, one block for each group of clusters that get the same. Draws lines; `diff.ts` finds them. */
import { useTranslation } from 'react-i18next'
import { markDifference, type DiffGroup, type DiffLine, type Marked } from './diff'
import { Section } from './Section'
import { targetsOf, type Card } from './types'
import { changeGroups } from './diff'
import { Age } from '@/components/Age'
import css from './ticket.module.css'

function Side({ sign, path, text }: { sign: '+' | '-'; path: string; text: Marked }) {
  const { t } = useTranslation('ticket')
  return (
    <div className={sign === '+' ? css.added : css.removed}>
      <span className={css.sign} aria-label={t(sign === '+' ? 'diff.after' : 'diff.before')} role="img">
        {sign}
      </span>
      <span className={css.code}>
        {path && `${path}: `}
        {text.head}
        <mark>{text.mark}</mark>
        {text.tail}
      </span>
    </div>
  )
}

/** Of a secret only that it changes is known here (W17). */
function Hidden({ path }: { path: string }) {
  const { t } = useTranslation('ticket')
  return (
    <div className={css.hidden}>
      <span className={css.sign} aria-hidden>
        ~
      </span>
      <span className={css.code}>
        {path}: {t('diff.hidden')}
      </span>
    </div>
  )
}

function Line({ line }: { line: DiffLine }) {
  if (line.before === null && line.after === null) return <Hidden path={line.path} />
  const [before, after] = markDifference(line.before ?? '', line.after ?? '')
  return (
    <>
      {line.before !== null && <Side sign="-" path={line.path} text={before} />}
      {line.after !== null && <Side sign="+" path={line.path} text={after} />}
    </>
  )
}

/** `total` is how many clusters there are: "only" is said of a group that is not all of them. */
export function DiffBlocks({ groups, total }: { groups: DiffGroup[]; total: number }) {
  const { t } = useTranslation('ticket')
  return (
    <div className={css.diff} role="group" aria-label={t('rendered')} tabIndex={0}>
      {groups.map((group) => (
        <div key={`${group.where} ${group.mark ?? ''} ${group.clusters.join()}`}>
          <div className={css.diffHead}>
            {[
              group.where,
              group.clusters.length === 1 && total > 1
                ? t('only', { cluster: group.clusters[0] ?? '' })
                : group.clusters.join(' = '),
            ]
              .filter(Boolean)
              .join(' · ')}
          </div>
          {group.mark && (
            <div className={group.mark === 'created' ? css.added : css.removed}>
              <span className={css.sign} aria-hidden>
                {group.mark === 'created' ? '+' : '-'}
              </span>
              <span className={css.code}>{t(`diff.${group.mark}`)}</span>
            </div>
          )}
          {group.lines.map((line) => (
            <Line key={line.path} line={line} />
          ))}
        </div>
      ))}
    </div>
  )
}

export function ChangeDiff({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const targets = targetsOf(card.change)
  const groups = changeGroups(card.change)
  if (!groups.length) return null
  return (
    <Section
      title={t('rendered')}
      note={
        card.fingerprint_checked_at ? (
          <>
            {t('read_from_clusters')} <Age at={card.fingerprint_checked_at} />
          </>
        ) : null
      }
    >
      <DiffBlocks groups={groups} total={targets.length} />
    </Section>
  )
}
