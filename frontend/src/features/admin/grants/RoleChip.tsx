/** A role with its end, and the cross that ends it for who may. An end that is near is amber and says so. */
import { Hourglass, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import { useMe } from '@/lib/me'
import { absolute, useNow } from '@/lib/time'
import { endsSoon, type Grant } from './model'
import css from './grants.module.css'

type Props = { grant: Grant; onEnd?: (grant: Grant) => void }

export function useShortDay() {
  const { i18n } = useTranslation()
  const zone = useMe().time_zone
  return (at: string) => {
    const sameYear = new Date(at).getFullYear() === new Date().getFullYear()
    return new Intl.DateTimeFormat(i18n.language === 'zh' ? 'zh-CN' : 'en-GB', {
      day: 'numeric',
      month: 'short',
      year: sameYear ? undefined : 'numeric',
      timeZone: zone,
    }).format(new Date(at))
  }
}

export function RoleChip({ grant, onEnd }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const zone = useMe().time_zone
  const now = useNow(60_000)
  const day = useShortDay()
  const soon = endsSoon(grant, now)
  const role = t(`common:role.${grant.role}`)
  const title = [
    t('grant.by', { name: grant.granted_by ?? '–' }),
    grant.expires_at && t('grant.ends_at', { at: absolute(grant.expires_at, zone) }),
  ]
    .filter(Boolean)
    .join(' · ')
  return (
    <span className={css.chip} data-soon={soon || undefined} title={title}>
      {soon && <Hourglass size={12} aria-hidden />}
      <span className="b5">{role}</span>
      {grant.expires_at && <span className={css.end}>{t('grant.to', { date: day(grant.expires_at) })}</span>}
      {onEnd && (
        <button
          type="button"
          className={css.cross}
          onClick={() => onEnd(grant)}
          aria-label={t('grant.end_label', { role, name: nameOf(grant.user), environment: grant.environment })}
          title={t('grant.end')}
        >
          <X size={12} aria-hidden />
        </button>
      )}
    </span>
  )
}
