/** What a step did with the thing it is about, and the way to that thing. */
import { useTranslation } from 'react-i18next'
import type { Made } from './made'

export function MadeWords({ made }: { made: Made }) {
  const { t } = useTranslation('ticket')
  return (
    <span className="t2 s12 row">
      {made.did && <span>{t(`did.${made.did}`)}</span>}
      {made.link && (
        <a href={made.link} target="_blank" rel="noreferrer" className="link">
          {t('did.open')}
        </a>
      )}
    </span>
  )
}
