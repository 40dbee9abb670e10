/**
 * Photographs every row of the manifest in each theme, language, width and state, and holds axe against each.
 * `SHOTS=all` takes them all; otherwise (`make e2e`) each row once as it is, alternating theme, language and width.
 * The pictures lie in `.shots/` of the checkout (`SHOTS_DIR`).
 */
import { readFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SHOTS, type Scene, type Shot, type State } from './shots.manifest'
import { pushBranch } from './support/outside'
import { launch, Person, visitor, type Look, type Username } from './support/people'
import {
  asked,
  configurationsOf,
  ended,
  endedShellOf,
  file,
  hostsOfTest,
  intakesOf,
  migrationOf,
  podsOf,
  presetsAndSecretsOf,
  resyncThatWaits,
  serviceThatWaits,
  shellOf,
  ticketOf,
} from './support/scene'

const ALL = process.env.SHOTS === 'all'
const ONLY = process.env.SHOTS_ONLY?.split(',')
const FOLDER = resolve(process.env.SHOTS_DIR ?? join(import.meta.dirname, '../../.shots'))
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const PROJECT = 'pay-gate-n1'

let browser: Browser
let scene: Scene
const contexts = new Map<string, BrowserContext>()

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  browser = await launch()
  const developer = await Person.arrive(browser, 'developer')
  const tester = await Person.arrive(browser, 'tester')
  const promote = await asked(developer, tester, PROJECT, 'Fixes duplicate orders when a payment is retried.')
  const branch = `feature/refund-rounding-${Date.now()}`
  await pushBranch(
    PROJECT,
    branch,
    { compile_error: { message: 'cannot find symbol: Money.round', file: 'refund.go', line: 42 } },
    'Round refunds to cents',
  )
  const failed = await ended(
    developer,
    (await file(developer, 'release', PROJECT, 'test', { ref: branch })).id,
    'failed',
  )
  const running = await file(developer, 'release', PROJECT, 'test', { ref: 'main' }, 'Once more with the new index')
  const card = await ticketOf(developer, running.id)
  scene = {
    project: PROJECT,
    tag: promote.release?.tag ?? '',
    failedTag: failed.release?.tag ?? '',
    runningTag: card.release?.tag ?? '',
    ticket: promote.id,
    failedTicket: failed.id,
    accessTicket: (await serviceThatWaits(developer)).id,
    configureTicket: 0,
    resyncTicket: 0,
    foundIntake: 0,
    csvIntake: 0,
    csvRow: 0,
    workload: 0,
    liveTerminal: 0,
    endedTerminal: 0,
    shellTicket: 0,
    user: 1,
  }
  const [admin, owner, ops] = await Promise.all(
    (['admin', 'owner', 'ops'] as const).map((name) => Person.arrive(browser, name)),
  )
  if (!admin || !owner || !ops) throw new Error('somebody did not arrive')
  scene.configureTicket = await configurationsOf(developer, ops, PROJECT)
  scene.resyncTicket = await resyncThatWaits(admin, PROJECT)
  await hostsOfTest(admin)
  Object.assign(scene, await intakesOf(admin))
  await migrationOf(owner, ops, PROJECT)
  await presetsAndSecretsOf(developer, ops, PROJECT)
  const typist = await Person.arrive(browser, 'developer') // stays: a shell lives a minute without its browser
  const { id: workload } = await podsOf(typist, PROJECT, 'test')
  const production = await podsOf(ops, PROJECT, 'production')
  const endedTerminal = await endedShellOf(typist, PROJECT)
  const asks = { workload: production.id, minutes: 30, break_glass: false, reason: 'Bank channel times out in Beijing' }
  const shellTicket = (await file(ops, 'emergency_shell', PROJECT, 'production', asks)).id
  const liveTerminal = await shellOf(typist, PROJECT, 'Orders hang since the last release')
  Object.assign(scene, { workload, endedTerminal, shellTicket, liveTerminal })
  await Promise.all([developer, tester, admin, owner, ops].map((person) => person.leave()))
}, 300_000)

afterAll(() => browser?.close())

async function contextOf(as: Username | null, look: Look): Promise<BrowserContext> {
  const key = JSON.stringify([as, look])
  const known = contexts.get(key)
  if (known) return known
  const context = as ? (await Person.arrive(browser, as, look)).context : await visitor(browser, look)
  contexts.set(key, context)
  return context
}

const EMPTY = JSON.stringify({ results: [], next: null, tab: 'needs', counts: { needs: 0, following: 0, done: 0 } })
const AWAY = JSON.stringify({
  code: 'outside.unavailable',
  params: { system: 'GitLab' },
  detail: 'GitLab did not answer.',
})

/** Bring a page into a state by what its reads answer. */
async function provoke(page: Page, state: State, reads: string): Promise<void> {
  const answers: Partial<Record<State, (route: Route) => Promise<void> | void>> = {
    loading: () => undefined,
    error: (route) => route.fulfill({ status: 502, contentType: 'application/json', body: AWAY }),
    empty: (route) => route.fulfill({ status: 200, contentType: 'application/json', body: EMPTY }),
  }
  const answer = answers[state]
  if (answer) await page.route((url) => url.pathname.includes(reads) || url.href.includes(reads), answer)
}

async function settled(page: Page, state: State | undefined): Promise<void> {
  if (state === 'loading') return void (await page.waitForTimeout(1500))
  await page.waitForLoadState('networkidle', { timeout: 15_000 }).catch(() => undefined) // live pages never rest
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached', timeout: 30_000 })
  await page.waitForTimeout(250)
}

async function photograph(shot: Shot, look: Look, state?: State): Promise<void> {
  const context = await contextOf(shot.as, look)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(message.text())
  })
  try {
    if (state && state !== 'offline') await provoke(page, state, shot.reads ?? '/api/v1/nothing')
    await page.goto(shot.path(scene))
    await settled(page, state)
    if (shot.keys) {
      await page.keyboard.press(shot.keys)
      await settled(page, state)
    }
    if (state === 'offline') {
      await context.setOffline(true)
      await page.waitForTimeout(1500)
    }
    const name = [shot.name, state, look.theme, look.language, look.phone ? '390' : '1440'].filter(Boolean).join('-')
    await page.screenshot({ path: join(FOLDER, `${name}.png`) })
    await page.evaluate(AXE)
    const { violations, sideways } = await page.evaluate(async (tags) => {
      const axe = (
        globalThis as unknown as {
          axe: { run: (d: Document, o: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
        }
      ).axe
      const found = await axe.run(document, { runOnly: tags })
      return {
        violations: found.violations.map(
          (v) =>
            `${v.id}: ${v.nodes
              .map((n) => n.html.slice(0, 160))
              .slice(0, 3)
              .join(' | ')}`,
        ),
        sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }
    }, TAGS)
    expect
      .soft({ name, violations, complaints, sideways: sideways > 1 })
      .toEqual({ name, violations: [], complaints: [], sideways: false })
  } finally {
    await context.setOffline(false)
    await page.close()
  }
}

const LOOKS: Look[] = (['light', 'dark'] as const).flatMap((theme) =>
  (['en', 'zh'] as const).flatMap((language) => [false, true].map((phone) => ({ theme, language, phone }))),
)
/** Without `SHOTS=all`: neighbours in the manifest differ, so that every look is met by many pages. */
const looksFor = (index: number): Look[] => (ALL ? LOOKS : LOOKS.filter((_, n) => n === (index * 3) % LOOKS.length))

for (const [index, shot] of SHOTS.entries()) {
  if (ONLY && !ONLY.includes(shot.name)) continue
  test(`${shot.name} is drawn whole and has no axe violation`, { timeout: 240_000 }, async () => {
    for (const look of looksFor(index)) await photograph(shot, look)
    for (const state of shot.states ?? []) await photograph(shot, looksFor(index)[0] ?? {}, state)
  })
}
