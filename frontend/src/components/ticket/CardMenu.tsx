/** What else can be done with a card: open its page, copy its link, cancel it if one may. */
import { useNavigate } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Menu } from '@/components/Menu'
import { notify } from '@/components/notify'
import type { Card } from './types'

const CancelDialog = lazy(() => import('./CancelDialog'))

export function CardMenu({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const { t: common } = useTranslation()
  const navigate = useNavigate()
  const [canceling, setCanceling] = useState(false)
  const page = { to: '/tickets/$id', params: { id: String(card.id) } } as const
  const copy = () =>
    navigator.clipboard.writeText(`${location.origin}/tickets/${card.id}`).then(
      () => notify(common('copied')),
      () => notify(common('copy_refused')),
    )
  const items = [
    { key: 'open', label: t('open_page'), run: () => void navigate(page) },
    { key: 'copy', label: t('copy_link'), run: () => void copy() },
    ...(card.rights.cancel.allowed
      ? [{ key: 'cancel', label: t('cancel_ticket'), run: () => setCanceling(true) }]
      : []),
  ]
  return (
    <>
      <Menu label={t('actions')} icon={<Ellipsis size={16} aria-hidden />} items={items} />
      {canceling && (
        <Suspense>
          <CancelDialog card={card} close={() => setCanceling(false)} />
        </Suspense>
      )}
    </>
  )
}
