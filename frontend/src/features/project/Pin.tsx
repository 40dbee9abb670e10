/** The star of a project: pinned ones stand in the sidebar. Its own reversible thing, so it is shown at once. */
import { useQuery } from '@tanstack/react-query'
import { Star } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { notify } from '@/components/notify'
import { pinsQuery, usePin } from '@/lib/api/queries'
import { useKey } from '@/lib/keys'
import css from './project.module.css'

const UNDO_WITHIN = 8

export function Pin({ project }: { project: string }) {
  const { t } = useTranslation('frame')
  const { t: common } = useTranslation()
  const pins = useQuery(pinsQuery).data
  const { mutate } = usePin(project)
  const pinned = pins?.some((pin) => pin.slug === project) ?? false
  const turn = () =>
    mutate(!pinned, {
      onSuccess: () =>
        notify(
          pinned ? t('pin.removed', { project }) : t('pin.added', { project }),
          { label: common('undo'), run: () => mutate(pinned) },
          UNDO_WITHIN,
        ),
    })
  useKey('s', turn, { enabled: Boolean(pins) })
  if (!pins) return null
  const label = pinned ? t('pin.remove', { project }) : t('pin.add', { project })
  return (
    <button
      type="button"
      className={css.star}
      aria-pressed={pinned}
      aria-label={label}
      title={`${label} (S)`}
      aria-keyshortcuts="S"
      onClick={turn}
    >
      <Star size={15} aria-hidden />
    </button>
  )
}
