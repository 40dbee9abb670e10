/** What a change would do to what runs, before it is saved. Says so when there is nothing to try it against. */
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { LevelWord } from './words'
import admin from '../Admin.module.css'
import css from './standards.module.css'

type Impact = Schemas['StandardImpact']

function Examples({ examples }: { examples: Impact['examples'] }) {
  const { t } = useTranslation('standards')
  return (
    <ul className={css.examples} aria-label={t('try.examples')}>
      {examples.map((one) => (
        <li key={`${one.project} ${one.environment} ${one.workload}`} className={css.example}>
          <LevelWord level={one.level} />
          <span className={css.where}>
            <Link to="/p/$project" params={{ project: one.project }} className="link">
              {one.project}
            </Link>{' '}
            · {one.environment} · {one.workload}
            {one.field && <span className={`mono ${css.field}`}>{one.field}</span>}
          </span>
        </li>
      ))}
    </ul>
  )
}

export function ImpactView({ impact }: { impact: Impact }) {
  const { t } = useTranslation('standards')
  if (!impact.documents) return <p>{t('try.nothing')}</p>
  const { documents, denied, warned, newly_denied: refused, newly_warned: noted } = impact
  const more = refused + noted - impact.examples.length
  return (
    <>
      <p className="b5">
        {refused || noted
          ? t('try.newly', { refused, noted, count: documents })
          : t('try.none_newly', { count: documents })}
      </p>
      <p className="t2 s12">{t('try.in_all', { denied, warned })}</p>
      {impact.examples.length > 0 && <Examples examples={impact.examples} />}
      {more > 0 && <p className="t3 s12">{t('try.more', { count: more })}</p>}
    </>
  )
}

type Props = {
  dirty: boolean
  impact: Impact | undefined
  /** what no field of the form shows */
  error: unknown
  pending: boolean
  onTry: () => void
}

export function Try({ dirty, impact, error, pending, onTry }: Props) {
  const { t } = useTranslation('standards')
  return (
    <section className={admin.block} aria-labelledby="standard-try">
      <div className={admin.testHead}>
        <h2 id="standard-try" className={`${admin.blockTitle} grow`}>
          {t('try.title')}
        </h2>
        <Button size="small" onClick={onTry} loading={pending && { delay: 300 }}>
          {t(dirty ? 'try.change' : 'try.saved')}
        </Button>
      </div>
      {Boolean(error) && <RegionError error={error} />}
      <div className={css.impact} role="status">
        {impact ? <ImpactView impact={impact} /> : <p className="t3 s12">{t('try.note')}</p>}
      </div>
    </section>
  )
}
