/** The state of a terminal session as a word and a mark. The page has to speak `terminals`. */
import { useTranslation } from 'react-i18next'
import { Status } from '@/components/Status'
import type { Session } from '@/lib/api/terminals'

export function SessionStatus({ session }: { session: Pick<Session, 'state'> }) {
  const { t } = useTranslation('terminals')
  const status = { opening: 'due', live: 'running', away: 'pending_confirmation', ended: 'canceled' }[session.state]
  return <Status status={status} label={t(`state.${session.state}`)} plain />
}
