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

/** Two versions of test's hosts file and a token that downloads it, unless some are there. */
export async function hostsOfTest(admin: Person): Promise<void> {
  const path = '/api/v1/environments/test/hosts/'
  const first = '# databases\n10.20.0.5  mysql.internal redis.internal\n10.20.0.9  apollo.internal\n'
  const second = first.replace('10.20.0.9', '10.20.0.10') + '10.20.1.4  files.internal\n'
  if ((await admin.ask<{ number: number }>('GET', path)).number > 0) return
  await admin.ask('PUT', path, { text: first, note: 'As in the wiki', based_on: 0 })
  await admin.ask('PUT', path, { text: second, note: 'Apollo moved, the file store is new', based_on: 1 })
  await admin.ask('POST', `${path}tokens/`, { name: 'gateway dc1' })
}

/** A third of the requests in test on containers, the rest on a bound server, unless somebody said so already. */
export async function migrationOf(owner: Person, ops: Person, project: string): Promise<void> {
  const path = `/api/v1/projects/${project}/environments/test/migration/`
  if ((await ops.ask<{ number: number }>('GET', path)).number > 0) return
  for (const [name, address] of [
    ['pay-vm-1', '10.30.0.11:8080'],
    ['pay-vm-2', '10.30.0.12'],
  ])
    await owner.ask('POST', `/api/v1/projects/${project}/resources/`, {
      kind: 'server',
      name,
      address,
      note: '',
      environment: 'test',
    })
  const servers = { container_servers: ['10.30.8.20:80'], state: 'mixed' }
  await ops.ask('PUT', path, { ...servers, container_weight: 10, reason: 'First share', based_on: 0 })
  await ops.ask('PUT', path, { ...servers, container_weight: 30, reason: 'A quiet day at 10 %', based_on: 1 })
}
