/** How far an environment is ahead of production, and the way on from there. Reads the commits; files nothing. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { commitsQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { sameEverywhere, stepsOf, versionOf, type Step, type Row } from './board'
import css from './Board.module.css'

function Ahead({ row, baseline }: { row: Row; baseline: Row }) {
  const { t } = useTranslation('overview')
  const version = versionOf(row)
  const { data } = useQuery(commitsQuery(version?.id ?? null, baseline.environment.slug))
  if (sameEverywhere(row, baseline)) return <span className={css.ahead}>{t('versus.same')}</span>
  if (!version || !data) return null
  if (!data.commits) {
    if (!data.reason) return null
    return (
      <span className={css.ahead} title={sentence(data.reason)}>
        {t('versus.unknown')}
        <span className="hidden-visually">{sentence(data.reason)}</span>
      </span>
    )
  }
  const count = data.commits.commits.length
  const text = data.commits.taken_back
    ? t('versus.behind', { count })
    : count
      ? t('versus.ahead', { count })
      : t('versus.no_commits')
  return <span className={css.ahead}>{text}</span>
}

const WORDS = {
  'gate.no_verdict': 'step.no_verdict',
  'gate.failed_verdict': 'step.failed',
  'gate.never_ran': 'step.never_ran',
} as const

function StepView({ step, project, named }: { step: Step; project: string; named: boolean }) {
  const { t } = useTranslation('overview')
  const to = named ? ` ${step.to}` : ''
  if (step.kind === 'asked') {
    return (
      <Link className={`${css.step} ${css.asked}`} to="/tickets/$id" params={{ id: String(step.ticket) }}>
        <span className="link">{t('step.asked', { id: step.ticket })}</span>
        {to}
      </Link>
    )
  }
  if (step.kind === 'open') {
    if (step.right && !step.right.allowed)
      return (
        <span className={`${css.step} t3`} title={sentence(step.right)}>
          {t('step.ready')}
          {to}
          <span className="hidden-visually"> {sentence(step.right)}</span>
        </span>
      )
    return (
      <Link
        className={`${css.step} ${css.promote}`}
        to="/p/$project/promote"
        params={{ project }}
        search={{ tag: step.tag, to: step.to }}
        aria-label={t('step.promote_to', { to: step.to })}
      >
        {t('step.promote')}
        {to} <ArrowRight size={13} aria-hidden />
      </Link>
    )
  }
  const word = WORDS[step.code as keyof typeof WORDS]
  return (
    <span className={`${css.step} t3`} title={sentence(step.reason)}>
      {word ? t(word) : t('step.not_yet')}
      {to}
      <span className="hidden-visually"> {sentence(step.reason)}</span>
    </span>
  )
}

/** Reasons that only say what the cells say already. */
const SAID = ['board.image_unknown', 'release.no_workload']

export function VersusProduction({
  row,
  rows,
  baseline,
  project,
}: {
  row: Row
  rows: Row[]
  baseline?: Row
  project: string
}) {
  const { t } = useTranslation('overview')
  const steps = stepsOf(row, rows).filter((step) => step.kind !== 'closed' || !SAID.includes(step.code))
  if (row === baseline) return <span className={css.ahead}>{t('versus.baseline')}</span>
  return (
    <>
      {baseline && <Ahead row={row} baseline={baseline} />}
      {steps.slice(0, 2).map((step) => (
        <StepView key={step.to} step={step} project={project} named={steps.length > 1} />
      ))}
    </>
  )
}
