/** What can be done with a ticket from its page's top bar: retry it, roll back what it brought, cancel it. */
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { CardMenu } from '@/components/ticket/CardMenu'
import type { Card } from '@/components/ticket/types'
import { hasTouched, type useRetry } from '@/components/ticket/useRetry'
import { isOver } from '@/lib/status'

export function TicketActions({ card, retry }: { card: Card; retry: ReturnType<typeof useRetry> }) {
  const { t } = useTranslation('ticket')
  const navigate = useNavigate()
  const environment = card.environment?.slug
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
      {environment && isOver(card.status) && hasTouched(card) && (
        <KeyButton
          shortcut="b"
          onPress={() =>
            void navigate({
              to: '/p/$project/rollback',
              params: { project: card.project.slug },
              search: { env: environment },
            })
          }
        >
          {t('roll_back')}
        </KeyButton>
      )}
      {card.rights.retry.allowed && (
        <KeyButton type="primary" shortcut="r" onPress={() => retry.mutate()} loading={retry.isPending}>
          {t('retry')}
        </KeyButton>
      )}
      <CardMenu card={card} />
    </>
  )
}
