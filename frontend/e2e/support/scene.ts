/** Scenes set through the API as the people of the demo, so that a test begins where it becomes interesting. */
import { editJobByHand, newRepository } from './outside'
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

type Batch = { id: number; state: string }
const INTAKE = '/api/v1/access/intakes/'
const CSV = `slug,name,language,gitlab_path,job,environments,owners,workloads,migration
order-tomcat-n1,Orders,java,shop/order-tomcat-n1,order-tomcat-n1,test;production,owner,test/test-1/order-tomcat-n1/app,vm
Stock_API,Stock,java,shop/stock-api,stock-api,test,owner,test/moon/stock-api/app,vm
mail-go-n1,Mail,,shop/mail,mail,test,nobody,test/test-1/mail-go-n1/,vm
search-py-n1,Search,python,shop/search,search,test,owner,,vm
`

/** Two intakes: what the portal finds of the demo, and a CSV of which two rows are wrong; its row of many problems. */
export async function intakesOf(admin: Person): Promise<{ foundIntake: number; csvIntake: number; csvRow: number }> {
  const found = await admin.ask<Batch>('POST', INTAKE, { source: 'found' })
  const csv = await admin.ask<Batch>('POST', INTAKE, { source: 'csv', csv: CSV })
  const rows = await admin.ask<{ results: { id: number }[] }>('GET', `${INTAKE}${csv.id}/rows/`)
  await until(
    'the intake is read',
    async () => (await admin.ask<Batch>('GET', `${INTAKE}${found.id}/`)).state === 'ready',
    120,
  )
  return { foundIntake: found.id, csvIntake: csv.id, csvRow: rows.results[2]?.id ?? 0 }
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

type Current = { document: Record<string, unknown>; revision: { number: number } | null }

/** Files the document in force, changed by `part`, as a ticket `configure`; nothing in force: what the portal proposes. */
export async function configure(
  person: Person,
  [project, environment, name]: [project: string, environment: string, name: string],
  part: Record<string, unknown>,
  note: string,
): Promise<Ticket> {
  const path = `/api/v1/projects/${project}/configurations/${environment}/${name}/`
  const { document, revision } = await person.ask<Current>('GET', path)
  const form = {
    name,
    document: { ...document, ...part },
    note,
    based_on: revision?.number ?? 0,
    explanations: {},
    take_over: true,
  }
  return file(person, 'configure', project, environment, form, note)
}

/** Two revisions applied in test, unless some are there; and one of ops in production that waits for approval. */
export async function configurationsOf(developer: Person, ops: Person, project: string): Promise<number> {
  const list = await developer.ask<{ results: unknown[] }>('GET', `/api/v1/projects/${project}/configurations/`)
  const inTest: [string, string, string] = [project, 'test', project]
  if (!list.results.length) {
    await ended(developer, (await configure(developer, inTest, {}, 'As it runs today')).id)
    await ended(developer, (await configure(developer, inTest, { replicas: 2 }, 'A second pod for the load test')).id)
  }
  const waiting = await configure(ops, [project, 'production', project], {}, 'Brought under the portal')
  return waiting.id
}

/** A preset of the project, and values held for it in production, unless they are there. */
export async function presetsAndSecretsOf(developer: Person, ops: Person, project: string): Promise<void> {
  const presets = '/api/v1/configuration-presets/'
  const there = await developer.ask<{ results: unknown[] }>('GET', `${presets}?project=${project}`)
  if (!there.results.length)
    await developer.ask('POST', presets, {
      name: 'Small, two pods',
      scope: 'project',
      project,
      document: { replicas: 2 },
    })
  const held = `/api/v1/projects/${project}/secrets/production/${project}/`
  await ops.ask('PUT', `${held}DATABASE_PASSWORD`, { value: 'only-for-pictures' })
  await ops.ask('PUT', `${held}.pull`, {
    registry: 'registry.shop.local',
    username: 'puller',
    password: 'only-for-pictures',
  })
}

/** A service that somebody asks to be taken in, and about which nobody has decided. */
export async function serviceThatWaits(developer: Person): Promise<Ticket> {
  const mark = Date.now().toString().slice(-7)
  const repository = `shop/coupon-${mark}`
  await newRepository(repository, 'go')
  return developer.ask<Ticket>('POST', '/api/v1/access/requests/', {
    slug: `coupon-api-n${mark}`,
    name: 'Coupons',
    language: 'go',
    gitlab_path: repository,
    environments: ['test', 'production'],
    testers: ['tester'],
    operators: ['ops'],
    log_path: 'stdout',
    start_command: ['/app/coupon-api', '--port', '8080'],
    contacts: [{ name: 'Lin Yue', channel: 'phone', address: '13800000000' }],
    note: 'The shop gives coupons from December on.',
  })
}

/** A job that somebody edited, and a re-sync of it that waits for approval; the one that waits already, if there is one. */
export async function resyncThatWaits(admin: Person, project: string): Promise<number> {
  await editJobByHand(project)
  const path = '/api/v1/tickets/?kind=resync_jobs&status=pending_approval'
  const waiting = (await admin.ask<{ results: Ticket[] }>('GET', path)).results[0]
  if (waiting) return waiting.id
  const { language } = await admin.ask<{ language: string }>('GET', `/api/v1/projects/${project}/`)
  const note = 'The flag hid a failing test; builds shall be as the template says.'
  const form = { canary: project, projects: [], note }
  return (await admin.ask<Ticket>('POST', `/api/v1/languages/${language}/resync/`, form)).id
}

export type Pod = { name: string; cluster: string; workload: number; containers: { name: string; state: string }[] }
export type TerminalSession = { id: number; state: string; pod: string; end: { code: string } | null }

/** The first workload of a project in an environment, and its pods, worst first. */
export async function podsOf(
  person: Person,
  project: string,
  environment: string,
): Promise<{ id: number; pods: Pod[] }> {
  const { results } = await person.ask<{ results: { id: number; environment: string }[] }>(
    'GET',
    `/api/v1/workloads/?project=${project}`,
  )
  const id = results.find((one) => one.environment === environment)?.id ?? 0
  const { pods } = await person.ask<{ pods: Pod[] }>('GET', `/api/v1/projects/${project}/workloads/${id}/pods/`)
  return { id, pods }
}

/** Drawn by the page and not by a graphics card, so that what stands on the screen can be read. */
export const readable = (person: Person) =>
  person.context.addInitScript(() => {
    const made = HTMLCanvasElement.prototype.getContext
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...more: unknown[]) {
      return kind === 'webgl2' ? null : Reflect.apply(made, this, [kind, ...more])
    } as typeof made
  })

/** A shell of this person in test, its page open and the first line typed. */
export async function shellOf(person: Person, project: string, reason: string): Promise<number> {
  const { id, pods } = await podsOf(person, project, 'test')
  const pod = pods.find((one) => one.containers[0]?.state === 'running')
  if (!pod) throw new Error(`no pod of ${project} runs in test`)
  const session = await person.ask<TerminalSession>('POST', '/api/v1/terminal-sessions/', {
    workload: id,
    cluster: pod.cluster,
    pod: pod.name,
    container: pod.containers[0]?.name,
    reason,
    minutes: 30,
  })
  await readable(person)
  await person.page.goto(`/terminals/${session.id}`)
  await person.page.locator('[data-terminal]:not([data-dimmed])').waitFor({ timeout: 30_000 })
  await person.page.keyboard.type('echo the shop answers; ls /\n')
  await person.page.locator('.xterm-rows', { hasText: 'the shop answers' }).waitFor()
  return session.id
}

/** One shell that has ended, with its recording. */
export async function endedShellOf(person: Person, project: string): Promise<number> {
  const id = await shellOf(person, project, 'The bank channel times out, 4 % of payments fail')
  await person.ask('POST', `/api/v1/terminal-sessions/${id}/end/`, { message: '' })
  await until(
    `session ${id} ends`,
    async () => (await person.ask<TerminalSession>('GET', `/api/v1/terminal-sessions/${id}/`)).state === 'ended',
  )
  return id
}
