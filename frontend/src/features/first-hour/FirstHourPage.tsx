/** The first hour of a portal: what is there, what comes next and where it is done. Reads rows; remembers nothing. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { CircleCheck, CircleDashed } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { PageTitle } from '@/components/Page'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { firstHourQuery } from '@/lib/api/queries'
import { projectsQuery } from '@/lib/api/queries'
import { pollOther } from '@/lib/live/polling'
import { isStep, nextStep, whereOf, type StepName } from './steps'
import css from './firsthour.module.css'

type Step = { name: string; done: boolean; count: number }

export default function FirstHourPage() {
  const { t } = useTranslation('firsthour')
  const answer = useQuery({ ...firstHourQuery, refetchInterval: pollOther })
  const project = useQuery(projectsQuery({ limit: 1 })).data?.results[0]?.slug
  const steps = answer.data?.steps.filter((step) => isStep(step.name)) ?? []
  const done = steps.filter((step) => step.done).length
  const next = nextStep(steps)
  return (
    <div className={css.page}>
      <TopBar left={<span className="b6">{t('title')}</span>} />
      <div className={css.head}>
        <PageTitle title={t('heading')} />
        {steps.length > 0 && (
          <>
            <p className="t2">{answer.data?.done ? t('finished') : t('intro')}</p>
            <div className={css.progress}>
              <progress className={css.bar} value={done} max={steps.length} aria-label={t('progress_label')} />
              <span className="t2 s12 tnum">{t('progress', { done, total: steps.length })}</span>
            </div>
          </>
        )}
      </div>
      {answer.error && (
        <RegionError
          error={answer.error}
          retry={() => void answer.refetch()}
          shownAt={answer.data ? answer.dataUpdatedAt : undefined}
        />
      )}
      {answer.isLoading && (
        <Loading>
          <SkeletonRows rows={10} height={56} />
        </Loading>
      )}
      {steps.length > 0 && (
        <ol className={css.steps}>
          {steps.map((step) => (
            <StepRow key={step.name} step={step} isNext={step.name === next} project={project} />
          ))}
        </ol>
      )}
      {answer.data?.done && (
        <p>
          <Link to="/projects" className="link">
            {t('to_projects')}
          </Link>
        </p>
      )}
    </div>
  )
}

function StepRow({ step, isNext, project }: { step: Step; isNext: boolean; project: string | undefined }) {
  const { t } = useTranslation('firsthour')
  const navigate = useNavigate()
  const name = step.name as StepName
  const where = whereOf(name, project, step.done)
  return (
    <li className={`${css.step} ${isNext ? css.next : ''}`} aria-current={isNext ? 'step' : undefined}>
      {step.done ? (
        <CircleCheck size={18} className={css.ok} aria-label={t('done')} />
      ) : (
        <CircleDashed size={18} className={css.open} aria-label={t('open')} />
      )}
      <span className={css.text}>
        <span className="b5">{t(`${name}.title`)}</span>
        <span className="t2 s12">{step.done ? t(`${name}.count`, { count: step.count }) : t(`${name}.todo`)}</span>
      </span>
      {isNext ? (
        <KeyButton
          type="primary"
          shortcut="n"
          onPress={() => void navigate({ to: where.to, params: where.params, search: where.search })}
        >
          {t(`${name}.act`)}
        </KeyButton>
      ) : (
        <Link
          to={where.to}
          params={where.params}
          search={where.search}
          className={`link ${css.link}`}
          aria-label={step.done ? t('look_at', { title: t(`${name}.title`) }) : undefined}
        >
          {step.done ? t('look') : t(`${name}.act`)}
        </Link>
      )}
    </li>
  )
}
