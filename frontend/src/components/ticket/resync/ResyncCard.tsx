/** The card of a re-sync: five questions, then each job with what would be overwritten and how far it is. */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { RegionError } from '@/components/states'
import { StatusIcon } from '@/components/Status'
import { stepsQuery, ticketQuery } from '@/lib/api/queries'
import type { Schemas } from '@/lib/api/client'
import { sentence } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'
import { AnswerStrip } from '../AnswerStrip'
import { Approvals } from '../Approvals'
import { CardHead } from '../CardHead'
import { Section } from '../Section'
import { StateNotes } from '../StateNotes'
import type { Card, Known } from '../types'
import {
  answersOf,
  countOf,
  resyncOf,
  statusOf,
  type Answer,
  type DiffLine,
  type Job,
  type JobDifference,
  type Word,
} from './jobs'
import css from '../ticket.module.css'
import rows from '../rows.module.css'
import own from './resync.module.css'

type Props = { card: Card; menu?: ReactNode; isPage?: boolean; lead?: ReactNode; aside?: ReactNode }
type Step = Schemas['Step']

function useWord(): (word: Word | null) => string {
  const { t } = useTranslation('templates')
  return (word) => (word ? t(word.key as 'q.read', word.params) : '')
}

function Questions({ answers }: { answers: Answer[] }) {
  const { t } = useTranslation('templates')
  const phone = useIsPhone()
  const say = useWord()
  const told = answers.map(({ name, tone, value, detail }) => ({
    name,
    tone,
    question: t(`question.${name}`),
    value: say(value),
    detail: say(detail),
  }))
  return <AnswerStrip answers={told} asRows={phone} />
}

function Line({ line: { sign, text } }: { line: DiffLine }) {
  const { t } = useTranslation('templates')
  if (sign === '@') return <div className={own.gap} aria-hidden />
  const marked = sign === '-' || sign === '+'
  return (
    <div className={sign === '-' ? css.removed : sign === '+' ? css.added : own.same}>
      <span
        className={css.sign}
        role={marked ? 'img' : undefined}
        aria-label={marked ? t(sign === '-' ? 'diff.now' : 'diff.then') : undefined}
      >
        {sign}
      </span>
      <span className={css.code}>{text || ' '}</span>
    </div>
  )
}

function Difference({ one }: { one: JobDifference }) {
  return (
    <div className={own.difference}>
      <div className="s12 t2">{one.path}</div>
      {one.lines.map((line, index) => (
        <Line key={index} line={line} />
      ))}
    </div>
  )
}

function JobRow({ job, step, newest }: { job: Job; step: Step | undefined; newest: number | null }) {
  const { t } = useTranslation('templates')
  const { t: common } = useTranslation()
  const count = countOf(job)
  const isOpen = job.isCanary && count > 0
  const version = job.version === null ? t('unknown_version') : `v${job.version}`
  return (
    <li className={`${rows.item} ${own.job}`} data-job={job.project}>
      {step && <StatusIcon status={step.status} size={16} />}
      <div className="grow">
        <span className="b5">{job.project}</span>{' '}
        {step && (
          <span className="hidden-visually">
            {common(`status.${step.status}` as 'status.running', { defaultValue: step.status })}
          </span>
        )}
        {job.isCanary && <span className={own.canary}>{t('canary')}</span>}{' '}
        <span className="t2 s12">
          {job.jenkins} · {t(`standing.${job.standing}` as 'standing.edited', { defaultValue: job.standing })} ·{' '}
          {version}
          {job.version !== newest && newest !== null && <> → v{newest}</>}
        </span>
        {step?.reason && <div className="t2 s12">{sentence(step.reason)}</div>}
        {step?.note && <div className="t2 s12">{sentence(step.note)}</div>}
        {count > 0 && (
          <details open={isOpen}>
            <summary className="s12">{t('differences', { count })}</summary>
            {job.differences.map((one) => (
              <Difference key={one.path} one={one} />
            ))}
            {job.more > 0 && <p className="t3 s12">{t('left_out', { count: job.more })}</p>}
          </details>
        )}
      </div>
      {job.link && (
        <a href={job.link} target="_blank" rel="noreferrer" className="link s12">
          {t('open_job')}
        </a>
      )}
    </li>
  )
}

export default function ResyncCard({ card, menu, isPage, lead, aside }: Props) {
  const { t } = useTranslation('templates')
  const read = useQuery(ticketQuery(card.id))
  const plan = useQuery(stepsQuery(card.id))
  const steps: Known<Step[]> = { data: plan.data?.results, failed: plan.isError && !plan.data }
  const resync = resyncOf(card.change)
  return (
    <article className={css.card} data-ticket={card.id}>
      <CardHead card={card} updatedAt={read.dataUpdatedAt} failed={read.isError} menu={menu} isPage={isPage} />
      <StateNotes card={card} />
      {lead}
      <Questions answers={answersOf(card, resync, steps)} />
      <div className={`${css.columns} ${aside ? css.withAside : ''}`}>
        <div className={css.left}>
          {plan.isError && !plan.data && <RegionError error={plan.error} retry={() => void plan.refetch()} />}
          <Section title={t('jobs')} note={t('overwritten')}>
            <ul className={rows.items}>
              {resync.jobs.map((job) => (
                <JobRow key={job.project} job={job} step={statusOf(steps.data, job.project)} newest={resync.version} />
              ))}
            </ul>
          </Section>
        </div>
        <div className={css.right}>
          {aside}
          <Approvals card={card} />
        </div>
      </div>
    </article>
  )
}
