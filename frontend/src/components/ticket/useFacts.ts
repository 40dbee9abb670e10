/** Asks for everything a card is judged by. Keeps nothing, decides nothing; a part that fails is told as failed. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { boardQuery, commitsQuery, presenceQuery } from '@/lib/api/queries'
import { commitsTell, isWaiting, type Card, type Facts, type Known } from './types'

const known = <T>(query: UseQueryResult<T>): Known<T> => ({
  data: query.data,
  failed: query.isError && query.data === undefined,
})

export function useFacts(card: Card): Facts {
  const waiting = isWaiting(card.status)
  const board = useQuery(boardQuery(card.project.slug))
  const environment = board.data?.environments.find((one) => one.environment.slug === card.environment?.slug)
  const commits = useQuery(
    commitsQuery(card.release && commitsTell(card) ? card.release.id : null, card.environment?.slug),
  )
  const presence = useQuery(presenceQuery(waiting && card.release?.digest ? card.release.id : null))
  const running = environment?.cells[0]?.release?.id ?? null
  const backPresence = useQuery(presenceQuery(waiting ? running : null))
  return {
    card,
    environment: { data: environment, failed: board.isError && !board.data },
    commits: known(commits),
    presence: known(presence),
    backPresence: known(backPresence),
  }
}
