/** What goes wrong while somebody is at work: two deciders at once, a change under the open card, a cut socket, a lost session. */
import type { Browser, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { imageIn, setImageByHand } from './support/outside'
import { launch, passwordOf, Person, until } from './support/people'
import { asked, ended, file, ticketOf } from './support/scene'

let browser: Browser
let developer: Person
let tester: Person

beforeAll(async () => {
  browser = await launch()
  developer = await Person.arrive(browser, 'developer')
  tester = await Person.arrive(browser, 'tester')
})
afterAll(() => browser?.close())

const APPROVE = /^Approve/

test('of two people deciding at once one decides, and the other is told who did', async () => {
  const promote = await asked(developer, tester, 'pay-gate-n1')
  const chen = await Person.arrive(browser, 'ops')
  const sun = await Person.arrive(browser, 'ops2')
  for (const person of [chen, sun]) {
    await person.page.goto(`/inbox?ticket=${promote.id}`)
    await person.page.getByRole('button', { name: APPROVE }).last().waitFor()
  }
  await chen.page.getByRole('button', { name: APPROVE }).last().click()
  await sun.page
    .getByText(/Chen Hao approved/)
    .first()
    .waitFor({ timeout: 30_000 })
  expect(await sun.page.getByRole('button', { name: APPROVE }).count()).toBe(0)
  const { results } = await chen.ask<{ results: { actor: { username: string } }[] }>(
    'GET',
    `/api/v1/tickets/${promote.id}/approvals/`,
  )
  expect(results.map((row) => row.actor.username)).toEqual(['ops'])
  await ended(developer, promote.id)
  await Promise.all([chen.leave(), sun.leave()])
})

test('a change under the open card is shown as a line, and only the new one can be approved', async () => {
  const promote = await asked(developer, tester, 'admin-php-n1')
  const chen = await Person.arrive(browser, 'ops')
  await chen.page.goto(`/inbox?ticket=${promote.id}`)
  await chen.page.getByRole('button', { name: /^Approve, starts/ }).waitFor()
  const before = (await ticketOf(chen, promote.id)).fingerprint
  const running = await imageIn('dc1', 'production', 'admin-php-n1')
  const other = await imageIn('test-1', 'test', 'admin-php-n1')
  expect(other).not.toBe(running)
  await setImageByHand('dc1', 'production', 'admin-php-n1', running.split('@')[0] ?? running)
  await chen.page.getByRole('button', { name: 'Approve the new change' }).waitFor({ timeout: 60_000 })
  const after = (await ticketOf(chen, promote.id)).fingerprint
  expect(after).not.toBe(before)
  await chen.page.waitForTimeout(1100)
  await chen.page.getByRole('button', { name: 'Approve the new change' }).click()
  await until('the approval names the new fingerprint', async () => {
    const { results } = await chen.ask<{ results: { fingerprint: string }[] }>(
      'GET',
      `/api/v1/tickets/${promote.id}/approvals/`,
    )
    return results.length === 1 && results[0]?.fingerprint === after
  })
  await ended(developer, promote.id)
  await chen.leave()
})

test('with the socket cut for 30 s the page says so and goes on by asking, then is live again', async () => {
  const person = await Person.arrive(browser, 'developer')
  let cut = false
  const open = new Set<WebSocketRoute>()
  await person.page.routeWebSocket(/\/ws\/hints/, (socket) => {
    if (cut) return void socket.close({ code: 1013 })
    open.add(socket)
    socket.connectToServer()
  })
  await person.page.goto('/p/mail-py-n1')
  await person.page.getByText('What runs where').waitFor()
  cut = true
  const began = Date.now()
  for (const socket of open) await socket.close({ code: 1012 })
  await person.page.getByText(/Live updates are off/).waitFor({ timeout: 20_000 })
  const { id } = await file(developer, 'release', 'mail-py-n1', 'test', { ref: 'main' })
  const { release } = await ended(developer, id)
  await person.page
    .getByText(release?.tag.slice(9, 15) ?? 'no tag')
    .first()
    .waitFor({ timeout: 20_000 })
  await person.page.waitForTimeout(Math.max(0, 30_000 - (Date.now() - began)))
  cut = false
  await person.page.getByText(/Live updates are off/).waitFor({ state: 'detached', timeout: 45_000 })
  await person.leave()
})

test('a session that ends in a half-filled form costs nothing that was typed', async () => {
  const person = await Person.arrive(browser, 'developer')
  const { page } = person
  await page.goto('/p/mail-py-n1/releases/new')
  const note = page.getByLabel(/^Note/)
  await note.fill('Half of what I wanted to say')
  await until(
    'the default branch is offered',
    async () => (await page.getByRole('combobox').first().inputValue()) === 'main',
  )
  await page.getByRole('button', { name: /^Release to test/i }).waitFor()
  await person.ask('POST', '/api/v1/logout')
  const before = (await developer.ask<{ results: unknown[] }>('GET', '/api/v1/tickets/?project=mail-py-n1&limit=200'))
    .results.length
  await page.getByRole('button', { name: /^Release to test/i }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  await dialog.getByLabel('Password', { exact: true }).fill(passwordOf('developer'))
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(await note.inputValue()).toBe('Half of what I wanted to say')
  await page.getByRole('button', { name: /^Release to test/i }).click()
  await page.waitForURL(/\/releases\/\d{8}-/)
  const after = (await developer.ask<{ results: unknown[] }>('GET', '/api/v1/tickets/?project=mail-py-n1&limit=200'))
    .results.length
  expect(after - before).toBe(1)
  await person.leave()
})
