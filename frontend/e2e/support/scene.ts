/** Scenes set through the API as the people of the demo, so that a test begins where it becomes interesting. */
import { until, type Person } from './people'

export type Ticket = {
  id: number
  status: string
  fingerprint: string
  release: { id: number; tag: string; digest: string } | null
  reason: { detail: string } | null
}

export const ticketOf = (person: Person, id: number) => person.ask<Ticket>('GET', `/api/v1/tickets/${id}/`)

const OVER = ['succeeded', 'failed', 'errored', 'canceled', 'rejected', 'superseded', 'expired']

/** Wait for the end of a ticket, which has to be `succeeded` unless said otherwise. */
export async function ended(person: Person, id: number, status = 'succeeded', seconds = 120): Promise<Ticket> {
  let ticket = await ticketOf(person, id)
  await until(`ticket ${id} ends`, async () => OVER.includes((ticket = await ticketOf(person, id)).status), seconds)
  if (ticket.status !== status) throw new Error(`ticket ${id} ended ${ticket.status}: ${ticket.reason?.detail}`)
  return ticket
}

export const file = (person: Person, kind: string, project: string, environment: string, form: object, note = '') =>
  person.ask<Ticket>('POST', '/api/v1/tickets/', { kind, project, environment, form, note })

/** A version of `project` that runs in test. */
export async function released(developer: Person, project: string, ref = 'main'): Promise<Ticket> {
  const { id } = await file(developer, 'release', project, 'test', { ref })
  return ended(developer, id)
}

export async function passed(tester: Person, releaseId: number, comment = 'Looked at by hand.'): Promise<void> {
  await tester.ask('POST', `/api/v1/releases/${releaseId}/verdicts/`, {
    environment: 'test',
    outcome: 'passed',
    comment,
  })
}

/** A promote to production that waits for one approval. */
export async function asked(
  developer: Person,
  tester: Person,
  project: string,
  note = 'Fixes duplicate orders.',
): Promise<Ticket> {
  const { release } = await released(developer, project)
  if (!release) throw new Error('the release ticket has no release')
  await passed(tester, release.id)
  const { id } = await file(developer, 'promote', project, 'production', { release: release.tag }, note)
  await until(
    `ticket ${id} waits for approval`,
    async () => (await ticketOf(developer, id)).status === 'pending_approval',
  )
  return ticketOf(developer, id)
}
