/** Head of the release page: which version, where to, who; and on the right how far it is and who is next. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age, ClockTime } from '@/components/Age'
import { CopyButton } from '@/components/CopyButton'
import { Glyph } from '@/components/Image'
import { PageTitle } from '@/components/Page'
import { Avatar, nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { useSlugWord } from '@/lib/environment'
import { isOver } from '@/lib/status'
import { duration, useNow } from '@/lib/time'
import type { Situation } from './nextMove'
import { isLongerThanUsual, presentRow, segmentsOf, type Row } from './progress'
import css from './Release.module.css'

type Props = {
  release: Schemas['ReleaseCard']
  card: Schemas['TicketCard'] | undefined
  rows: Row[]
  typical: Schemas['Typical'] | undefined
  situation: Situation | null
}

export function ReleaseHeader({ release, card, rows, typical, situation }: Props) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const name = release.tag || release.digest.slice(0, 19)
  const present = card && !isOver(card.status) ? presentRow(rows) : null
  const step = present ? t(`step.${present.row.name}` as 'step.create_tag', { defaultValue: present.row.name }) : ''
  const title = present
    ? `${present.number}/${rows.length} ${step} · ${release.project.slug}`
    : `${name} · ${release.project.slug}`
  return (
    <header className={css.header}>
      <Glyph digest={release.digest} size={36} />
      <div className={css.what}>
        <div className={css.titleLine}>
          <PageTitle title={title} className={css.tag}>
            {name}
          </PageTitle>
          <CopyButton text={release.tag || release.digest} label={t('copy_tag')} />
        </div>
        <p className={css.sub}>
          {card && (
            <>
              <Link to="/tickets/$id" params={{ id: String(card.id) }} className="link tnum">
                #{card.id}
              </Link>
              {card.environment && (
                <span>
                  {t('to')} <strong className="b5">{called(card.environment.slug)}</strong>
                </span>
              )}
              <i aria-hidden>·</i>
            </>
          )}
          {release.ref && <span>{release.ref}</span>}
          {release.commit && <code title={release.commit_title}>{release.commit.slice(0, 7)}</code>}
          {!release.is_built_here && <span>{t('not_built_here')}</span>}
          {release.requester && (
            <>
              <i aria-hidden>·</i>
              <Avatar person={release.requester} size={18} />
              <span>{nameOf(release.requester)}</span>
            </>
          )}
          <i aria-hidden>·</i>
          <span>
            <ClockTime at={release.created_at} />
            {t('comma')}
            <Age at={release.created_at} />
          </span>
        </p>
      </div>
      {card && (
        <Progress
          card={card}
          rows={rows}
          typical={typical}
          situation={situation}
          step={step}
          number={present?.number ?? 0}
        />
      )}
    </header>
  )
}

type ProgressProps = Pick<Props, 'rows' | 'typical' | 'situation'> & {
  card: Schemas['TicketCard']
  step: string
  number: number
}

function Progress({ card, rows, typical, situation, step, number }: ProgressProps) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const { t: common } = useTranslation()
  const over = isOver(card.status)
  const now = useNow(over ? 60_000 : 1000)
  const elapsed = card.started_at
    ? ((card.finished_at ? new Date(card.finished_at).getTime() : now) - new Date(card.started_at).getTime()) / 1000
    : null
  const isLong = !over && !card.held_by && elapsed !== null && isLongerThanUsual(elapsed, typical)
  const counted = step ? t('step_of', { n: number, m: rows.length, step }) : ''
  return (
    <div className={css.progress}>
      <div className={css.progressTop}>
        <Status status={card.status} />
        {step && (
          <span className="b6 clip" aria-hidden>
            {counted}
          </span>
        )}
        <span className={css.elapsed}>
          {elapsed !== null && <strong className="b6">{duration(elapsed, common)}</strong>}
          {typical?.total_seconds != null && (
            <span className="t2"> {t('of_about', { time: duration(typical.total_seconds, common) })}</span>
          )}
        </span>
      </div>
      <Bar rows={rows} typical={typical} now={now} />
      <div className={css.progressNote}>
        <span>
          {isLong ? (
            <Status plain status="pending_approval" label={t('longer')} />
          ) : typical?.total_seconds != null ? (
            t('typical', { count: typical.sample })
          ) : null}
        </span>
        {situation && (
          <span className={css.who}>
            {t(`who.${situation.who}`, {
              ...situation.params,
              environment: called(situation.params.environment),
              count: situation.params.n ?? 0,
            })}
          </span>
        )}
      </div>
      {/* One polite voice: it speaks when the step changes, not every second. */}
      <p className="hidden-visually" aria-live="polite">
        {counted || common(`status.${card.status}` as 'status.running', { defaultValue: card.status })}
      </p>
    </div>
  )
}

function Bar({ rows, typical, now }: { rows: Row[]; typical: Schemas['Typical'] | undefined; now: number }) {
  return (
    <div className={css.bar} aria-hidden>
      {segmentsOf(rows, typical, now).map((segment) => (
        <span
          key={segment.key}
          className={`${css.segment} ${css[`seg_${segment.status}`]}`}
          style={{ flexGrow: segment.weight }}
        >
          {segment.share !== null && <span className={css.share} style={{ width: `${segment.share * 100}%` }} />}
        </span>
      ))}
    </div>
  )
}
