/** How standards are told: levels as shape and word, thresholds with their units. Must not decide anything. */
import { useTranslation } from 'react-i18next'
import { StateMark } from '@/components/Status'
import { byLevel, TIERS, type Level, type Standard } from './model'
import css from './standards.module.css'

const HUES = { deny: 'bad', warn: 'wait', off: 'off' } as const
const NAMED = ['seconds', 'timeout', 'failures', 'above', 'replicas', 'cpu', 'memory', 'beside'] as const
const UNITS = ['s', 'MiB'] as const

export function LevelWord({ level }: { level: Level }) {
  const { t } = useTranslation('standards')
  return (
    <span className={css.level} data-level={level}>
      <StateMark hue={HUES[level]} />
      {t(`level.${level}`)}
    </span>
  )
}

/** "■ Deny: Staging, Production  ▲ Warn: Test"; a level that holds everywhere says so. */
export function LevelSummary({ standard }: { standard: Standard }) {
  const { t } = useTranslation(['standards', 'common'])
  return (
    <span className={css.summary}>
      {byLevel(standard.levels).map(({ level, tiers }) => (
        <span key={level} className={css.part}>
          <LevelWord level={level} />{' '}
          {tiers.length === TIERS.length
            ? t('everywhere')
            : tiers.map((tier) => t(`common:tier.${tier}`)).join(t('comma'))}
        </span>
      ))}
    </span>
  )
}

/** A threshold's name, and its number with the unit, in the language of the page. */
export function useThresholdWords() {
  const { t } = useTranslation('standards')
  const unit = (name: string): string => {
    const known = UNITS.find((one) => one === name)
    return known ? t(`unit.${known}`) : name
  }
  return {
    unit,
    name: (name: string): string => {
      const known = NAMED.find((one) => one === name)
      return known ? t(`threshold.${known}`) : name
    },
    number: (value: number | null | undefined, of: string): string =>
      value === null || value === undefined ? '–' : [String(value), unit(of)].filter(Boolean).join(' '),
  }
}

/** All thresholds of a standard in a cell; a single one needs no name, for the sentence tells what it is. */
export function Thresholds({ standard }: { standard: Standard }) {
  const words = useThresholdWords()
  const { limits, thresholds } = standard
  if (!limits.length) return <span className="t3">–</span>
  return (
    <>
      {limits.map(({ name, unit }) => (
        <span key={name} className={css.threshold}>
          {limits.length > 1 && <span className="t3">{words.name(name)} </span>}
          <span className="tnum">{words.number(thresholds[name], unit)}</span>
        </span>
      ))}
    </>
  )
}

/** The languages a standard is for; none is all. */
export function useLanguagesWord(names: ReadonlyMap<string, string>) {
  const { t } = useTranslation('standards')
  return (slugs: readonly string[]): string =>
    slugs.length ? slugs.map((slug) => names.get(slug) ?? slug).join(t('comma')) : t('all_languages')
}
