/** The steps of the release's ticket: what each made and how long it took; the build opens its stages. */
import { CircleCheck, CircleDashed, CircleQuestionMark } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { StatusIcon } from '@/components/Status'
import { BrakeLink, HeldIcon } from '@/components/ticket/Held'
import type { Schemas } from '@/lib/api/client'
import { sentence } from '@/lib/i18n'
import { useNow } from '@/lib/time'
import { useBrief } from './brief'
import { BuildStages } from './BuildStages'
import { usualSeconds, type Row } from './progress'
import { madeBy } from './made'
import css from './Steps.module.css'

type Props = {
  rows: Row[]
  typical: Schemas['Typical'] | undefined
  build: Schemas['Build'] | undefined
  selected: string | undefined
  onSelect: (key: string) => void
  onStage: (line: number) => void
}

export function Stepper({ rows, typical, build, selected, onSelect, onStage }: Props) {
  const { t } = useTranslation('release')
  return (
    <ol className={css.steps} aria-label={t('steps')}>
      {rows.map((row) => (
        <StepRow
          key={row.key}
          row={row}
          usual={usualSeconds(rows, row, typical)}
          isSelected={row.key === selected}
          onSelect={() => onSelect(row.key)}
          made={madeBy(row, build)}
        >
          {row.name === 'await_build' && build && row.status !== 'planned' && (
            <BuildStages build={build} typical={typical} onStage={onStage} />
          )}
        </StepRow>
      ))}
    </ol>
  )
}

type RowProps = {
  row: Row
  usual: number | null
  made: string
  isSelected: boolean
  onSelect: () => void
  children: React.ReactNode
}

function StepRow({ row, usual, made, isSelected, onSelect, children }: RowProps) {
  const { t } = useTranslation('release')
  const name = t(`step.${row.name}` as 'step.create_tag', { defaultValue: row.name })
  const targets = row.steps.filter((step) => step.target !== '')
  return (
    <li
      className={`${css.step} ${isSelected || row.status === 'running' ? css.stepOpen : ''} ${css[`step_${row.status}`] ?? ''}`}
      data-step={row.name}
      data-status={row.status}
    >
      <span className={css.mark}>
        <StepIcon row={row} />
      </span>
      <div className={css.stepBody}>
        <div className={css.stepHead}>
          <button type="button" className={css.stepName} onClick={onSelect} aria-expanded={isSelected}>
            {name}
            {row.wave !== null && <span className="t3"> · {t('wave', { n: row.wave })}</span>}
            <span className="hidden-visually">, {t(`step_status.${row.status}`)}</span>
          </button>
          <StepTime row={row} usual={usual} />
        </div>
        {made && (
          <p className={css.made} title={made}>
            {made}
          </p>
        )}
        {targets.length > 0 && (
          <ul className={css.targets}>
            {targets.map((step) => (
              <li key={step.id} title={step.target}>
                <StatusIcon status={step.status} size={12} />
                {step.target.split('/')[0]}
              </li>
            ))}
          </ul>
        )}
        {row.held && (
          <p className={css.held}>
            {t('held')} <BrakeLink />
          </p>
        )}
        {row.doubtful?.reason && (
          <p className={css.doubt}>
            {sentence(row.doubtful.reason)}{' '}
            {row.doubtful.due_at && (
              <>
                {t('look_again')} <ClockTime at={row.doubtful.due_at} seconds />
                {t('look_tries', { n: row.doubtful.troubles })}
              </>
            )}{' '}
            {t('nothing_twice')}
          </p>
        )}
        {children}
      </div>
    </li>
  )
}

function StepIcon({ row }: { row: Row }) {
  if (row.held) return <HeldIcon />
  if (row.doubtful) return <CircleQuestionMark size={16} strokeWidth={2.2} aria-hidden className={css.odd} />
  if (row.status === 'succeeded') return <CircleCheck size={16} strokeWidth={2} aria-hidden className={css.ok} />
  if (row.status === 'planned') return <CircleDashed size={16} strokeWidth={1.8} aria-hidden className={css.off} />
  return <StatusIcon status={row.status} size={16} />
}

function StepTime({ row, usual }: { row: Row; usual: number | null }) {
  const brief = useBrief()
  const now = useNow(row.status === 'running' ? 1000 : 3_600_000)
  if (row.startedAt) {
    const seconds =
      ((row.finishedAt ? new Date(row.finishedAt).getTime() : now) - new Date(row.startedAt).getTime()) / 1000
    return <span className={css.time}>{brief(seconds)}</span>
  }
  return usual === null || row.status !== 'planned' ? null : <span className={css.timeUsual}>{brief(usual, true)}</span>
}
