/** The one showing of a link: to copy, until when it works, and whether it was mailed. The link is kept nowhere else. */
import { Input } from 'antd'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/components/CopyButton'
import type { Schemas } from '@/lib/api/client'
import { sentence } from '@/lib/i18n'
import { absolute } from '@/lib/time'
import { useMe } from '@/lib/me'
import css from './people.module.css'

export function LinkOnce({ made, name }: { made: Schemas['Delivery']; name: string }) {
  const { t } = useTranslation('admin')
  const zone = useMe().time_zone
  return (
    <div className={css.once} role="status">
      <p className={made.mailed ? css.mailed : css.notMailed}>
        {made.mailed ? <CircleCheck size={14} aria-hidden /> : <TriangleAlert size={14} aria-hidden />}
        <span>
          {made.mailed ? t('link.mailed', { name }) : made.reason ? sentence(made.reason) : t('link.not_mailed')}
        </span>
      </p>
      <div className={css.link}>
        <Input
          readOnly
          value={made.link}
          aria-label={t('link.label')}
          className="mono"
          onFocus={(event) => event.target.select()}
        />
        <CopyButton text={made.link} label={t('link.copy')} />
      </div>
      <p className="t3 s12">{t('link.once', { date: absolute(made.expires_at, zone) })}</p>
    </div>
  )
}
