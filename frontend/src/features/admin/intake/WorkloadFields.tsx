/** The Deployments that would be adopted: the container of each, taken out, or one added that fits several rows. */
import { Button, Input } from 'antd'
import { CircleAlert, X } from 'lucide-react'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { workloadLine, type Workload } from './model'
import own from './intake.module.css'

type Props = {
  value: Workload[]
  found: Record<string, unknown>[]
  problem: string | null
  onChange: (value: Workload[]) => void
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const asWorkload = (one: Record<string, unknown>): Workload => ({
  environment: text(one.environment),
  cluster: text(one.cluster),
  namespace: text(one.namespace),
  deployment: text(one.deployment),
  container: '',
})
const same = (a: Workload, b: Workload) =>
  a.cluster === b.cluster && a.namespace === b.namespace && a.deployment === b.deployment

export function WorkloadFields({ value, found, problem, onChange }: Props) {
  const { t } = useTranslation('intake')
  const id = useId()
  const more = found.map(asWorkload).filter((one) => !value.some((there) => same(there, one)))
  const set = (at: number, part: Partial<Workload>) =>
    onChange(value.map((one, index) => (index === at ? { ...one, ...part } : one)))
  return (
    <section aria-labelledby={id} className={own.workloads}>
      <h3 id={id} className={own.legend}>
        {t('field.workloads')}
      </h3>
      {!value.length && <p className="t3">{t('no_workloads')}</p>}
      {value.map((one, at) => (
        <div key={`${one.cluster}/${one.namespace ?? ''}/${one.deployment}`} className={own.workload}>
          <span className={own.where}>
            {one.environment} <span className="t3">{one.cluster}</span>
            <span className={`mono ${own.long}`}>{one.deployment}</span>
          </span>
          <Input
            aria-label={t('container_of', { deployment: workloadLine(one) })}
            placeholder={t('container')}
            className={`mono ${own.container}`}
            value={one.container ?? ''}
            onChange={(event) => set(at, { container: event.target.value })}
          />
          <Button
            type="text"
            size="small"
            icon={<X size={14} aria-hidden />}
            aria-label={t('leave_out', { deployment: workloadLine(one) })}
            onClick={() => onChange(value.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      {more.map((one) => (
        <button
          key={workloadLine(one)}
          type="button"
          className={`link mono ${own.add}`}
          onClick={() => onChange([...value, one])}
        >
          {t('add_workload', { deployment: `${one.environment}/${one.cluster}/${one.deployment}` })}
        </button>
      ))}
      {problem && (
        <p className={own.problem} role="status">
          <CircleAlert size={13} aria-hidden /> {problem}
        </p>
      )}
    </section>
  )
}
