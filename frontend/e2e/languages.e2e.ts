/**
 * A new service of each language, by hand: from the wizard to production and away again. The worker is killed while all
 * are being set up; at the end nothing of them is left outside, and nobody else's was touched.
 * `LANGUAGES=all` takes all five; otherwise Java and another one, which changes by the day.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { killWorker } from './support/demo'
import { mark, noTrouble, since, standing, struck, trouble, type Entry } from './support/journals'
import { launch, until } from './support/people'
import { field, Service, type Language } from './support/service'
import { wordIn } from './support/words'

const ALL: Language[] = [
  { slug: 'java', name: 'Java' },
  { slug: 'go', name: 'Go' },
  { slug: 'php', name: 'PHP' },
  { slug: 'nodejs', name: 'Node.js' },
  { slug: 'python', name: 'Python' },
]
const ofToday = ALL[1 + (Math.floor(Date.now() / 86_400_000) % (ALL.length - 1))]
const LANGUAGES = ALL.filter(({ slug }) => process.env.LANGUAGES === 'all' || slug === 'java' || slug === ofToday?.slug)
let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())
afterEach(() => noTrouble('gitlab'))

/** All of them side by side; of those that fail each is told by its language. */
async function each(services: Service[], way: (service: Service) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(services.map(way))
  const failed = ends.flatMap((end, index) =>
    end.status === 'rejected' ? [`${services[index]?.language.name}: ${String(end.reason)}`] : [],
  )
  if (failed.length) throw new Error(failed.join('\n'))
}

/**
 * Asked for and approved; GitLab is away, so all are in the middle of their set-up. It comes back slowly, and the worker
 * dies while it writes: a hook that nobody was told of is found again and not made twice.
 */
async function takenInThroughACrash(services: Service[]): Promise<void> {
  const begun = await mark()
  await trouble('gitlab', { kind: 'hook.list', action: 'status', status: 503, times: -1 })
  const tickets = new Map<Service, number>()
  const ticketOf = (service: Service) => tickets.get(service) ?? 0
  await each(services, async (service) => void tickets.set(service, await service.asked()))
  await each(services, (service) => service.approved(ticketOf(service)))
  await each(services, (service) => service.waitsAt('add_webhook'))
  await noTrouble('gitlab')
  await trouble('gitlab', { kind: 'hook.create', action: 'delay', seconds: 5, times: services.length })
  await until('GitLab is being written to', async () => (await struck('gitlab')) > 0)
  await killWorker()
  await each(services, (service) => service.done(ticketOf(service)))
  const made = (await since(begun)).filter(({ kind }) => kind === 'hook.create' || kind === 'job.create')
  expect(made.map(({ kind }) => kind).sort()).toEqual([
    ...services.map(() => 'hook.create'),
    ...services.map(() => 'job.create'),
  ])
}

/** Java's probes begin late in production: what the form says when they do not, and mends in one click. */
async function probesOfJava(page: Page): Promise<void> {
  await field(page, '/probes/liveness/initial_delay_seconds').fill('20')
  const finding = page.locator('[data-standard="probes.java_delay"]')
  await finding.getByRole('button', { name: wordIn('configuration')('use', { value: '60' }) }).click()
  await finding.waitFor({ state: 'detached' })
}

const isAbout = ({ name, repositoryId }: Service, { path }: Entry): boolean =>
  new RegExp(`/${name}(?![a-z0-9])|/projects/${repositoryId}/hooks/`).test(path)

test('a service of each language goes to production through a killed worker, and leaves nothing behind', async () => {
  const number = Date.now().toString().slice(-6)
  const services = LANGUAGES.map((language) => new Service(browser, language, number, language.slug === 'java'))
  const before = await standing()
  await takenInThroughACrash(services)
  await each(services, async (service) => {
    await service.configured('test', 'As the form proposes it')
    const isJava = service.language.slug === 'java'
    await service.configured('production', 'As the form proposes it', isJava ? probesOfJava : undefined)
    await service.released()
    await service.passed()
    await service.promoted()
  })
  const ran = await mark()
  await each(services, (service) => service.archived())

  expect(await standing()).toEqual(before)
  const removed = (await since(ran)).filter(({ method, kind }) => method === 'DELETE' || kind === 'job.delete')
  for (const service of services) {
    const servers = removed.filter((entry) => isAbout(service, entry)).map(({ server }) => server)
    expect([...new Set(servers)].sort(), service.name).toEqual(['dc1', 'dc2', 'gitlab', 'jenkins', 'test-1'])
  }
  expect(removed.filter((entry) => !services.some((service) => isAbout(service, entry)))).toEqual([])
  await each(services, (service) => service.leave())
}, 900_000)
