/** The facts of a preview as rows: when it starts, who decides, how long such a thing takes. Each only where it is known. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import { currentLanguage } from '@/lib/i18n'
import { duration } from '@/lib/time'
import type { Schemas } from '@/lib/api/client'
import { typicalQuery } from '@/lib/api/queries'
import type { Preview } from './logic'
import { Fact } from './PreviewRail'

/** "Chen Hao or Sun Jie". */
export const anyOf = (people: Schemas['Person'][], most = 4): string => {
  const names = people.slice(0, most).map(nameOf)
  if (people.length > most) names.push('…')
  return new Intl.ListFormat(currentLanguage() === 'zh' ? 'zh-CN' : 'en-GB', { type: 'disjunction' }).format(names)
}

export function Starts({ preview, environment }: { preview: Preview; environment: string }) {
  const { t } = useTranslation('filing')
  if (preview.place_in_queue === null || preview.first_status === null) return null
  const builds = preview.changes.some((change) => change.is_pattern)
  if (preview.first_status === 'pending_confirmation' || preview.first_status === 'pending_approval')
    return (
      <Fact name={t('starts.label')}>
        {t(
          preview.first_status === 'pending_approval'
            ? 'starts.approved'
            : preview.approvals_needed
              ? 'starts.tested_approved'
              : 'starts.tested',
        )}
      </Fact>
    )
  const text =
    preview.place_in_queue === 0
      ? t('starts.at_once')
      : builds
        ? t('starts.builds_then', { count: preview.place_in_queue, environment })
        : t('starts.after', { count: preview.place_in_queue })
  return <Fact name={t('starts.label')}>{text}</Fact>
}

export function Decides({ preview }: { preview: Preview }) {
  const { t } = useTranslation('filing')
  const needed = preview.approvals_needed
  if (needed === null) return null
  return (
    <>
      <Fact name={t('approvals.label')}>
        {needed === 0 ? t('approvals.none') : t('approvals.needed', { count: needed })}
      </Fact>
      {needed > 0 && preview.who_may_decide.length > 0 && (
        <Fact name={t('approvals.who')}>{anyOf(preview.who_may_decide)}</Fact>
      )}
      {preview.requires_review && <Fact name={t('approvals.review')}>{t('approvals.reviewed_after')}</Fact>}
    </>
  )
}

/** Median of the last ones; absent below three, because nothing is invented. */
export function Takes({ project, kind, environment }: { project: string; kind: string; environment: string }) {
  const { t } = useTranslation('filing')
  const { t: common } = useTranslation()
  const typical = useQuery(typicalQuery(project, kind, environment))
  if (!typical.data?.total_seconds) return null
  return (
    <Fact name={t('takes.label')}>
      <span className="tnum">{t('takes.about', { time: duration(typical.data.total_seconds, common) })}</span>
    </Fact>
  )
}
