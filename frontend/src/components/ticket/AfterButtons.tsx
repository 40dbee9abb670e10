/** What can be done after a ticket has ended: go back from what it changed, retry what failed. Each absent where it cannot. */
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { isOver } from '@/lib/status'
import type { Card } from './types'
import { hasTouched, type useRetry } from './useRetry'

/** The environment to go back in, where the ticket changed something there. */
export const placeToGoBack = (card: Card): string | undefined =>
  isOver(card.status) && hasTouched(card) ? card.environment?.slug : undefined

export function AfterButtons({ card, retry }: { card: Card; retry: ReturnType<typeof useRetry> }) {
  const { t } = useTranslation('ticket')
  const navigate = useNavigate()
  const environment = placeToGoBack(card)
  const goBack = () =>
    void navigate({ to: '/p/$project/rollback', params: { project: card.project.slug }, search: { env: environment } })
  return (
    <>
      {environment && (
        <KeyButton shortcut="b" onPress={goBack}>
          {t('roll_back')}
        </KeyButton>
      )}
      {card.rights.retry.allowed && (
        <KeyButton type="primary" shortcut="r" onPress={() => retry.mutate()} loading={retry.isPending}>
          {t('retry')}
        </KeyButton>
      )}
    </>
  )
}
