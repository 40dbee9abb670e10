/** Which queries a hint concerns. A hint names what changed; lists and summaries that may show it are asked again too. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { Hint } from './socket'

const TOUCHED: Record<string, (id: number | string) => QueryKey[]> = {
  ticket: (id) => [
    ['ticket', Number(id)],
    ['tickets'],
    ['inbox'],
    ['board'],
    ['summaries'],
    ['release'],
    ['releases'],
    ['build'],
  ],
  terminals: (id) => [['terminal', Number(id)], ['terminals'], ['pods']],
  brake: () => [['brakes'], ['ticket'], ['inbox']],
  release: () => [['release'], ['releases'], ['board'], ['inbox'], ['ticket']],
  build: (id) => [
    ['build', Number(id)],
    ['log', Number(id)],
  ],
  workload: () => [['board'], ['workloads'], ['summaries']],
  grants: () => [
    ['me'],
    ['projects'],
    ['project'],
    ['board'],
    ['inbox'],
    ['ticket'],
    ['pins'],
    ['summaries'],
    ['why'],
    ['grants'],
  ],
}

/** Also for one's own writes: the socket may be away. Done when what is shown has been asked again. */
export async function invalidateFor(client: QueryClient, { what, id }: Pick<Hint, 'what' | 'id'>): Promise<void> {
  await Promise.all((TOUCHED[what]?.(id) ?? []).map((queryKey) => client.invalidateQueries({ queryKey })))
}

export function invalidateAll(client: QueryClient): void {
  void client.invalidateQueries()
}
