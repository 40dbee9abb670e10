/** What can be done with a ticket from its page's top bar: retry it, roll back what it brought, cancel it. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { AfterButtons } from '@/components/ticket/AfterButtons'
import { CardMenu } from '@/components/ticket/CardMenu'
import type { Card } from '@/components/ticket/types'
import type { useRetry } from '@/components/ticket/useRetry'

export function TicketActions({ card, retry }: { card: Card; retry: ReturnType<typeof useRetry> }) {
  const { t } = useTranslation('ticket')
  return (
    <>
      {card.release?.tag && (
        <Link
          to="/p/$project/releases/$tag"
          params={{ project: card.project.slug, tag: card.release.tag }}
          className="link s12"
        >
          {t('see_release')}
        </Link>
      )}
      <AfterButtons card={card} retry={retry} />
      <CardMenu card={card} />
    </>
  )
}
