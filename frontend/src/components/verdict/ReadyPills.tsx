/** How the image is on each cluster of the environment: the board's facts, silent ones said as such. Invents nothing. */
import { useTranslation } from 'react-i18next'
import { ClockTime, LiveAge } from '@/components/Age'
import { StateMark } from '@/components/Status'
import type { Ready } from './model'
import css from './Verdict.module.css'

type Props = { rows: Ready[]; called: string; isKnown: boolean; updatedAt: number }

export function ReadyPills({ rows, called, isKnown, updatedAt }: Props) {
  const { t } = useTranslation('verdict')
  if (!isKnown) return null
  if (rows.length === 0) return <p className={`${css.pills} t2`}>{t('not_running', { environment: called })}</p>
  return (
    <div className={css.pills}>
      {rows.map((row) => (
        <span key={row.cluster} className={`${css.pill} ${css[row.hue]} ${row.isSilent ? 'hatched' : ''}`}>
          <StateMark hue={row.hue} />
          {rows.length > 1 && `${row.cluster} `}
          {row.ready === null || row.total === null
            ? t('ready_unknown')
            : t('ready', { ready: row.ready, total: row.total })}
          {row.isSilent && row.seenAt && (
            <>
              {' '}
              · {t('state_at')} <ClockTime at={row.seenAt} seconds />
            </>
          )}
        </span>
      ))}
      <LiveAge updatedAt={updatedAt} />
    </div>
  )
}
