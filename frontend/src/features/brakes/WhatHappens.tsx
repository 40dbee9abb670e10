/** What pulling means, before it is done, in plain words; other words for one cluster than for everywhere. */
import { useTranslation } from 'react-i18next'
import type { Scope } from './model'
import css from './brakes.module.css'

export function WhatHappens({ scope }: { scope: Scope | undefined }) {
  const { t } = useTranslation('brakes')
  return (
    <div className={css.meaning}>
      <h3>{t('meaning')}</h3>
      <ul>
        <li>
          {scope?.cluster
            ? t('meaning.cluster', { name: scope.cluster.name })
            : t(scope ? 'meaning.everywhere' : 'meaning.chosen')}
        </li>
        <li>{t('meaning.outside')}</li>
        <li>{t('meaning.roll_back')}</li>
        <li>{t('meaning.seen')}</li>
        <li>{t('meaning.after')}</li>
      </ul>
    </div>
  )
}
