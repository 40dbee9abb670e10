/** A connection test as a list: each line what was tried and how long it took; a red one says what to fix. */
import { CircleCheck, CircleDashed, CircleMinus, CircleX, LoaderCircle } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { sentence } from '@/lib/i18n'
import type { Check } from './runCheck'
import css from './Checklist.module.css'

/** "right:patch deployments" in words; an unknown name is shown as it is. */
export function useCheckName() {
  const { t } = useTranslation('admin')
  return (name: string): string => {
    const [kind, what] = name.split(':')
    return kind === 'right' && what
      ? t('check.right', { what })
      : t(`check.${name}` as 'check.address', { defaultValue: name })
  }
}

const ICONS = { passed: CircleCheck, failed: CircleX, skipped: CircleMinus } as const
/** What a passed check found; internal ids stay out. */
const FOUND = ['version', 'user'] as const

function Line({ check }: { check: Check }) {
  const { t } = useTranslation('admin')
  const name = useCheckName()
  const Icon = ICONS[check.outcome]
  const params = 'after' in check.params ? { ...check.params, after: name(String(check.params.after)) } : check.params
  const found =
    check.outcome === 'passed'
      ? FOUND.map((key) => check.params[key]).find((value) => typeof value === 'string')
      : undefined
  return (
    <li className={css.line} data-outcome={check.outcome}>
      <Icon
        size={16}
        strokeWidth={2.2}
        role="img"
        aria-label={t(`check.outcome.${check.outcome}`)}
        className={css[check.outcome]}
      />
      <div className="grow">
        <span className={check.outcome === 'skipped' ? 't2' : 'b5'}>{name(check.name)}</span>
        {typeof found === 'string' && <span className={css.found}>{found}</span>}
        {check.code && (
          <p className={check.outcome === 'failed' ? css.fix : css.note}>{sentence({ ...check, params })}</p>
        )}
      </div>
      {check.outcome !== 'skipped' && <span className={css.time}>{t('check.ms', { ms: check.ms })}</span>}
    </li>
  )
}

/** A check of the last test that this one has not reached: it keeps its place, so that nothing jumps. */
function Awaited({ label, now }: { label: string; now: boolean }) {
  const Icon = now ? LoaderCircle : CircleDashed
  return (
    <li className={css.line}>
      <Icon size={16} strokeWidth={2.2} aria-hidden className={now ? css.running : css.skipped} />
      <span className="t3">{label}</span>
    </li>
  )
}

type Props = {
  checks: Check[]
  running?: boolean
  /** the names of the last test, in order */
  expected?: readonly string[]
}

export function Checklist({ checks, running = false, expected = [] }: Props) {
  const { t } = useTranslation('admin')
  const name = useCheckName()
  const heard = new Set(checks.map((check) => check.name))
  const awaited = expected.filter((one) => !heard.has(one))
  return (
    <ul className={css.list}>
      {checks.map((check) => (
        <Line key={check.name} check={check} />
      ))}
      {running &&
        (awaited.length ? (
          awaited.map((one, index) => <Awaited key={one} label={name(one)} now={index === 0} />)
        ) : (
          <Awaited label={t('check.running')} now />
        ))}
    </ul>
  )
}
