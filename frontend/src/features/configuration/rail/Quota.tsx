/** What the namespace's quotas have left once this is asked for: per resource the cluster where it is tightest. */
import { useTranslation } from 'react-i18next'
import { CircleX } from 'lucide-react'
import { sentence } from '@/lib/i18n'
import type { ClusterPreview } from '../queries'
import { amountText, barsOf, type Bar } from '../model/quota'
import css from './rail.module.css'

function Row({ bar, tells }: { bar: Bar; tells: boolean }) {
  const { t } = useTranslation('configuration')
  const part = (amount: number) => ({ inlineSize: `${Math.min(100, (amount / (bar.hard || 1)) * 100)}%` })
  const params = {
    used: amountText(bar.resource, bar.used),
    asked: amountText(bar.resource, bar.asked),
    left: amountText(bar.resource, Math.max(0, bar.left)),
    short: amountText(bar.resource, Math.max(0, -bar.left)),
  }
  return (
    <div className={css.quotaRow}>
      <dt>
        {t(`quota.${bar.resource.replace('/', '.')}` as 'quota.pods', { defaultValue: bar.resource })}
        {tells && <span className="t3 s12"> {bar.cluster}</span>}
      </dt>
      <dd>
        <span className={css.track} aria-hidden data-over={bar.left < 0 || undefined}>
          <i ref={(element) => sized(element, part(bar.used).inlineSize)} className={css.usedPart} />
          <i ref={(element) => sized(element, part(bar.asked).inlineSize)} className={css.askedPart} />
        </span>
        <span className="tnum s12">{t(bar.left < 0 ? 'quota.short' : 'quota.says', params)}</span>
      </dd>
    </div>
  )
}

/** By the property and not by a style attribute, which the content security policy may refuse. */
function sized(element: HTMLElement | null, size: string): void {
  element?.style.setProperty('inline-size', size)
}

/** The server's own words for what does not fit. */
function Shortfalls({ clusters }: { clusters: readonly ClusterPreview[] }) {
  const lines = clusters.flatMap((one) =>
    one.quotas.flatMap((quota) =>
      quota.shortfalls.map(({ is_unset, ...short }) => ({
        code: is_unset ? 'configuration.quota_unset' : 'configuration.quota',
        params: { ...short, quota: quota.name, cluster: one.cluster, namespace: one.namespace },
      })),
    ),
  )
  if (!lines.length) return null
  return (
    <ul className={css.notes}>
      {lines.map((reason) => (
        <li key={sentence(reason)} className={css.note} data-tone="bad">
          <CircleX size={14} aria-hidden />
          <span>{sentence(reason)}</span>
        </li>
      ))}
    </ul>
  )
}

export function Quota({ clusters }: { clusters: readonly ClusterPreview[] }) {
  const { t } = useTranslation('configuration')
  const bars = barsOf(clusters)
  const read = clusters.filter((one) => !one.not_checked && !one.refused)
  if (!read.length) return null
  const short = clusters.some((one) => one.quotas.some((quota) => quota.shortfalls.length))
  const namespaces = [...new Set(read.map((one) => one.namespace))].join(t('list_comma'))
  return (
    <section className={css.quota} aria-label={t('quota')} id="quota" tabIndex={-1}>
      <h2>
        {!bars.length
          ? t('quota.none', { namespace: namespaces })
          : t(short ? 'quota.over' : 'quota.fits', { namespace: namespaces })}
      </h2>
      {bars.length > 0 && (
        <dl className={css.bars}>
          {bars.map((bar) => (
            <Row key={bar.resource} bar={bar} tells={read.length > 1} />
          ))}
        </dl>
      )}
      <Shortfalls clusters={clusters} />
    </section>
  )
}
