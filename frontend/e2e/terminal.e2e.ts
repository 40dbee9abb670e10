/** Emergency terminals in a real browser: a shell that outlives the network, ops who watch and end it, a broken glass, a replay. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, Person, until } from './support/people'
import { podsOf, readable, shellOf, ticketOf, type TerminalSession } from './support/scene'

type Words = Record<string, string>
const wordsOf = (namespace: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../src/locales/en/${namespace}.json`), 'utf8')) as Words
const terminals = wordsOf('terminals')
const ticketWords = wordsOf('ticket')
const word = (key: string, params: Words = {}) =>
  (terminals[key] ?? 'missing').replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')

const PROJECT = 'pay-gate-n1'
const REASON = 'The bank channel times out'
let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

const sessionOf = (person: Person, id: number) =>
  person.ask<TerminalSession & { reason: string; touched_at: string | null }>('GET', `/api/v1/terminal-sessions/${id}/`)

/** What stands on the screen, line by line. */
const screenOf = async (page: Page): Promise<string[]> =>
  (await page.locator('.xterm-rows > div').allInnerTexts()).map((line) => line.replaceAll('\u00a0', ' ').trimEnd())

const shows = (page: Page, text: string, seconds = 20) =>
  until(`the screen shows ${text}`, async () => (await screenOf(page)).some((line) => line.includes(text)), seconds)

async function typed(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line)
  await page.keyboard.press('Enter')
}

test('a shell is opened by meaning, typed into, loses the network for 20 s, and is the same shell', async () => {
  const person = await Person.arrive(browser, 'developer')
  const { page, context } = person
  await readable(person)
  const { id: workload } = await podsOf(person, PROJECT, 'test')
  await page.goto(`/p/${PROJECT}/workloads/${workload}`)
  await page.locator('[data-pod]').first().waitFor()
  await page.keyboard.press('s')
  await page.getByRole('textbox', { name: word('reason') }).fill(REASON)
  await page.getByRole('button', { name: word('open'), exact: true }).click()
  await page.waitForURL(/\/terminals\/\d+$/)
  expect(page.url()).not.toContain('claim')
  await page.locator('[data-terminal]:not([data-dimmed])').waitFor({ timeout: 30_000 })
  await typed(page, 'MARK=same-shell; echo begun')
  await shows(page, 'begun')
  // Something prints while nobody is there.
  await typed(page, 'for n in 1 2 3 4 5 6; do echo "tick $n."; sleep 2; done')
  await shows(page, 'tick 1.')

  await context.setOffline(true)
  await page.getByText(word('strip.away')).waitFor()
  await page.keyboard.type('rm -rf /')
  await page.waitForTimeout(20_000)
  await context.setOffline(false)
  await page.getByText(/Same shell, nothing missed, nothing doubled/).waitFor({ timeout: 20_000 })

  await typed(page, 'echo "still $MARK, 中文"')
  await shows(page, 'still same-shell, 中文')
  const lines = await screenOf(page)
  expect(lines.filter((line) => /^tick \d\.$/.test(line))).toEqual([1, 2, 3, 4, 5, 6].map((n) => `tick ${n}.`))
  expect(lines.some((line) => line.includes('rm -rf'))).toBe(false)

  // Leaving by the key, then ending by hand: the card says why, and what was touched can be recycled.
  await page.keyboard.press('Control+Shift+ArrowUp')
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(word('bar'))
  await page.getByRole('button', { name: word('end'), exact: true }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: word('end'), exact: true })
    .click()
  await page.locator('[data-ended]').waitFor({ timeout: 20_000 })
  await page.getByRole('button', { name: word('recycle') }).waitFor({ timeout: 20_000 })
  await person.leave()
})

test('several pasted lines are asked about once, and a paste cannot end its brackets', async () => {
  const person = await Person.arrive(browser, 'developer')
  const { page } = person
  await shellOf(person, PROJECT, REASON)
  await page.evaluate(() => navigator.clipboard.writeText('echo one-line'))
  await page.keyboard.press('Control+Shift+V')
  await page.keyboard.press('Enter')
  await shows(page, 'one-line')
  await page.evaluate(() => navigator.clipboard.writeText('echo first-\u001b[201~line\necho second-line\n'))
  await page.keyboard.press('Control+Shift+V')
  await page
    .getByRole('dialog')
    .getByRole('button', { name: word('paste.run'), exact: true })
    .click()
  await shows(page, 'second-line')
  await person.leave()
})

test('what the shell prints can neither copy, type, rename nor open anything', async () => {
  const person = await Person.arrive(browser, 'developer')
  const { page, context } = person
  await shellOf(person, PROJECT, REASON)
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  const title = await page.title()
  const escapes = ['\\033]52;c;ZXZpbA==\\007', '\\033]0;evil\\007', '\\033[c', '\\033[21t', '\\033P$q\\"p\\033\\\\\\\\']
  await typed(page, `printf "${escapes.join('')}shown"; echo`)
  await shows(page, 'shown')
  await page.waitForTimeout(500)
  await typed(page, 'echo after')
  await shows(page, 'after')
  const lines = await screenOf(page)
  expect(lines.filter((line) => /1;2c|evil$|\$r/.test(line) && !line.includes('printf'))).toEqual([])
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
  expect([await page.title(), context.pages().length]).toEqual([title, 1])
  await person.leave()
})

test('ops watch a shell along, its user sees who, and they end it with a sentence', async () => {
  const developer = await Person.arrive(browser, 'developer')
  const ops = await Person.arrive(browser, 'ops')
  await readable(ops)
  const id = await shellOf(developer, PROJECT, REASON)
  await ops.page.goto('/terminals?state=open')
  await ops.page
    .locator(`[data-session="${id}"]`)
    .getByRole('link', { name: word('look') })
    .click()
  await ops.page.locator('.xterm-rows', { hasText: 'the shop answers' }).waitFor({ timeout: 20_000 })
  await developer.page.getByText(/Chen Hao is watching/).waitFor({ timeout: 20_000 })
  // Who may not look over the shoulder is told whose it is, and shown no byte of it.
  const tester = await Person.arrive(browser, 'tester')
  await tester.page.goto(`/terminals/${id}`)
  await tester.page.getByRole('heading', { name: / has this shell open$/ }).waitFor()
  expect(await tester.page.locator('.xterm').count()).toBe(0)
  await tester.leave()
  await typed(developer.page, 'echo seen-along')
  await shows(ops.page, 'seen-along')
  // What ops type goes nowhere.
  await ops.page.locator('.xterm').click()
  await ops.page.keyboard.type('echo from-ops')
  await ops.page.getByRole('button', { name: word('end'), exact: true }).click()
  const dialog = ops.page.getByRole('dialog')
  await dialog.getByLabel(word('end.message'), { exact: true }).fill('The bank is told, leave it alone.')
  await dialog.getByRole('button', { name: word('end'), exact: true }).click()
  const card = developer.page.locator('[data-ended="terminal.end.ended_by"]')
  await card.waitFor({ timeout: 10_000 })
  expect(await card.innerText()).toContain('The bank is told, leave it alone.')
  expect((await screenOf(developer.page)).some((line) => line.includes('from-ops'))).toBe(false)

  // The replay: the moment in the link, search that jumps, the chain that holds.
  await ops.page.goto(`/terminals/${id}/replay?t=0`)
  await ops.page.getByText(/Hash chain complete/).waitFor({ timeout: 20_000 })
  await ops.page.getByLabel(word('search'), { exact: true }).fill('seen-along')
  await ops.page
    .getByRole('button', { name: /seen-along/ })
    .last()
    .click()
  await shows(ops.page, 'seen-along')
  await Promise.all([developer.leave(), ops.leave()])
})

/** Ops with the sheet for production filled in, and somebody else who may decide. */
async function beforeProduction(reason: string): Promise<{ ops: Person; other: Person; page: Page }> {
  const ops = await Person.arrive(browser, 'ops')
  const other = await Person.arrive(browser, 'ops2')
  const { page } = ops
  await readable(ops)
  await page.goto(`/terminals/new?project=${PROJECT}&env=production`)
  await page.locator('[data-pod]').first().waitFor()
  await page.getByRole('textbox', { name: word('reason') }).fill(reason)
  return { ops, other, page }
}

test('production opens with an approved ticket, for the reason that was given once', async () => {
  const { ops, other, page } = await beforeProduction(REASON)
  await page.getByRole('button', { name: word('ask'), exact: true }).click()
  await page.waitForURL(/ticket=\d+/)
  const ticket = Number(/ticket=(\d+)/.exec(page.url())?.[1])
  await page.getByText(word('ticket.waits')).waitFor()
  expect(await page.getByRole('button', { name: word('open'), exact: true }).count()).toBe(0)

  await other.page.goto(`/tickets/${ticket}`)
  await other.page.getByRole('button', { name: /^Approve/ }).click()
  await until('the ticket lets in', async () => (await ticketOf(other, ticket)).status === 'running')
  // Later, from the ticket: nothing has to be typed again.
  await page.goto(`/tickets/${ticket}`)
  await page.getByRole('link', { name: word('open_with'), exact: true }).click()
  await page.getByRole('button', { name: word('open'), exact: true }).click()
  await page.waitForURL(/\/terminals\/\d+$/, { timeout: 60_000 })
  await page.locator('[data-terminal]:not([data-dimmed])').waitFor({ timeout: 30_000 })
  await typed(page, 'exit')
  await page.locator('[data-ended="terminal.end.left"]').waitFor({ timeout: 20_000 })
  const id = Number(/\d+$/.exec(page.url())?.[0])
  expect(await sessionOf(ops, id)).toMatchObject({ reason: REASON, ticket_id: ticket })
  await until('the ticket is done', async () => (await ticketOf(other, ticket)).status === 'succeeded', 60)
  await Promise.all([ops.leave(), other.leave()])
})

test('a broken glass opens production at once, and somebody else has to review it', async () => {
  const { ops, other, page } = await beforeProduction('Payments fail and nobody else answers')
  await page.getByRole('button', { name: word('glass.break') }).click()
  await page.waitForURL(/\/terminals\/\d+$/, { timeout: 60_000 })
  await page.locator('[data-terminal]:not([data-dimmed])').waitFor({ timeout: 30_000 })
  await typed(page, 'echo in-production')
  await shows(page, 'in-production')
  const id = Number(/\d+$/.exec(page.url())?.[0])
  const { ticket_id: ticket } = await other.ask<{ ticket_id: number }>('GET', `/api/v1/terminal-sessions/${id}/`)
  expect(await ticketOf(other, ticket)).toMatchObject({ status: 'running' })
  await ops.ask('POST', `/api/v1/terminal-sessions/${id}/end/`, { message: '' })
  await until('the session ends', async () => (await sessionOf(ops, id)).state === 'ended')
  await until('the ticket is done', async () => (await ticketOf(other, ticket)).status === 'succeeded', 60)
  await other.page.goto(`/tickets/${ticket}`)
  await other.page.getByRole('button', { name: ticketWords.review_accepted ?? 'missing' }).click()
  await other.page
    .getByRole('button', { name: ticketWords.review_accepted ?? 'missing' })
    .waitFor({ state: 'detached' })
  await Promise.all([ops.leave(), other.leave()])
})
