/** Releases per day of the last 30 days, with its summary as text. */
import { useTranslation } from 'react-i18next'
import { barsOf, total } from './sparkline'
import css from './Projects.module.css'

const WIDTH = 90
const HEIGHT = 16

export function Sparkline({ counts }: { counts: number[] }) {
  const { t } = useTranslation('projects')
  const sum = total(counts)
  const label = t('spark.label', { count: sum })
  return (
    <span className={css.spark} title={label}>
      <svg width={WIDTH} height={HEIGHT + 1} viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`} role="img" aria-label={label}>
        <rect x="0" y={HEIGHT} width={WIDTH} height="1" className={css.ground} />
        {barsOf(counts, WIDTH, HEIGHT).map((bar) => (
          <rect key={bar.x} x={bar.x} y={HEIGHT - bar.height} width="2" height={bar.height} />
        ))}
      </svg>
      <span className="tnum t3 s12" aria-hidden>
        {sum}
      </span>
    </span>
  )
}
