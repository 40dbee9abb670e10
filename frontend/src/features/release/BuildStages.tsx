/** The stages of a build, from the marks in its log only; a click leads to the stage's first line. */
import { CircleCheck, CircleDashed } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { StatusIcon } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { useNow } from '@/lib/time'
import { useBrief } from './brief'
import { stagesOf, type StageRow } from './progress'
import css from './Steps.module.css'

type Props = { build: Schemas['Build']; typical: Schemas['Typical'] | undefined; onStage: (line: number) => void }

export function BuildStages({ build, typical, onStage }: Props) {
  const { t } = useTranslation('release')
  const stages = stagesOf(build, typical)
  const seen = stages.filter((stage) => stage.line !== null).length
  if (stages.length === 0) return build.queue_why ? <p className={css.made}>{build.queue_why}</p> : null
  return (
    <>
      {stages.length > seen && <p className={css.made}>{t('n_of_m', { n: seen, m: stages.length })}</p>}
      <ul className={css.stages}>
        {stages.map((stage) => (
          <li
            key={`${stage.name} ${stage.line}`}
            className={stage.status === 'running' ? css.stageNow : undefined}
            data-status={stage.status}
          >
            <Icon status={stage.status} />
            {stage.line === null ? (
              <span className="t3">{t(`stage.${stage.name}` as 'stage.compile', { defaultValue: stage.name })}</span>
            ) : (
              <button type="button" onClick={() => onStage(stage.line ?? 1)}>
                {t(`stage.${stage.name}` as 'stage.compile', { defaultValue: stage.name })}
              </button>
            )}
            <StageTime stage={stage} />
          </li>
        ))}
      </ul>
    </>
  )
}

function Icon({ status }: { status: StageRow['status'] }) {
  if (status === 'succeeded') return <CircleCheck size={14} strokeWidth={2} aria-hidden className={css.ok} />
  if (status === 'planned') return <CircleDashed size={14} strokeWidth={1.8} aria-hidden className={css.off} />
  return <StatusIcon status={status} size={14} />
}

function StageTime({ stage }: { stage: StageRow }) {
  const brief = useBrief()
  const now = useNow(stage.since === null ? 3_600_000 : 1000)
  if (stage.since !== null) return <span className={css.time}>{brief((now - stage.since) / 1000)}</span>
  if (stage.seconds !== null) return <span className={css.time}>{brief(stage.seconds)}</span>
  return stage.line === null && stage.usual !== null ? (
    <span className={css.timeUsual}>{brief(stage.usual, true)}</span>
  ) : null
}
