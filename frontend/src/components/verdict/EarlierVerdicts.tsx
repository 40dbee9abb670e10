/** What testers said of this image here, newest first; the first one counts, none is ever taken away. */
import { ExternalLink } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { isWebAddress } from '@/lib/web'
import css from './Verdict.module.css'

type Props = {
  verdicts: Schemas['Verdict'][]
  /** of several environments: each says where; they are no history of one another then */
  withPlace?: boolean
}

export function EarlierVerdicts({ verdicts, withPlace = false }: Props) {
  const { t } = useTranslation('verdict')
  if (verdicts.length === 0) return null
  return (
    <div className={css.section}>
      <div className={css.heading}>
        <h3>{t('earlier.title')}</h3>
      </div>
      <ol>
        {verdicts.map((verdict, index) => (
          <li key={verdict.id} className={css.earlier}>
            <div className={css.line}>
              <Status status={verdict.outcome} plain label={t(verdict.outcome === 'passed' ? 'passed' : 'failed')} />
              {withPlace && <span className="b5">{verdict.environment.slug}</span>}
              <span className="t2 s12">
                {nameOf(verdict.actor)} · <Age at={verdict.created_at} />
              </span>
              {!withPlace && index > 0 && <span className="t3 s12">{t('earlier.replaced')}</span>}
            </div>
            {verdict.comment && <p className={css.quote}>{t('quoted', { text: verdict.comment })}</p>}
            <EvidenceLinks evidence={verdict.evidence} />
          </li>
        ))}
      </ol>
    </div>
  )
}

/** Links open apart and never learn where they were opened from; anything that is no web address stays text. */
export function EvidenceLinks({ evidence }: { evidence: Schemas['Evidence'][] }) {
  if (evidence.length === 0) return null
  return (
    <ul className={css.links}>
      {evidence.map((item, index) => (
        <li key={index}>
          {isWebAddress(item.url) ? (
            <a className={css.chip} href={item.url} target="_blank" rel="noopener noreferrer" title={item.url}>
              <ExternalLink size={12} aria-hidden />
              <span className="clip">{item.title}</span>
            </a>
          ) : (
            <span className={css.chip}>
              <span className="clip">{item.title}</span>
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
