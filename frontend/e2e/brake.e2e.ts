/** The emergency brake as people meet it: pulled by one, seen at once by another, a release waits for it, and goes on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { launch, Person, until } from './support/people'
import { ended, file, ticketOf } from './support/scene'

const PROJECT = 'book-api-n1'
const REASON = 'Nodes of test-1 are being replaced.'
const WORDS = JSON.parse(readFileSync(join(import.meta.dirname, '../src/locales/en/brakes.json'), 'utf8')) as Record<
  string,
  string
>
const word = (key: string, where = '') => (WORDS[key] ?? 'missing').replace('{where}', where)

type Brakes = { results: { id: number; cluster: { name: string } | null }[] }

let browser: Browser
let ops: Person
beforeAll(async () => {
  browser = await launch()
  ops = await Person.arrive(browser, 'ops')
})
afterAll(() => browser?.close())

/** No brake is left on for whoever comes next, whatever failed. */
afterEach(async () => {
  for (const brake of (await ops.ask<Brakes>('GET', '/api/v1/brakes/')).results)
    await ops.ask('POST', `/api/v1/brakes/${brake.id}/release/`, {})
})

test('a brake over one cluster appears by itself, holds a release to it, and lets it go on', async () => {
  const developer = await Person.arrive(browser, 'developer')
  await developer.page.goto(`/p/${PROJECT}/releases`)
  await developer.page.getByRole('navigation').first().waitFor()
  const band = developer.page.locator('[data-brakes]')
  expect(await band.count()).toBe(0)

  // Two presses: the first one pulls nothing.
  const { page } = ops
  await page.goto('/brakes?at=test-1')
  await page.getByLabel(word('reason'), { exact: true }).fill(REASON)
  await page.getByRole('button', { name: word('pull_do') }).click()
  const second = page.getByRole('button', { name: word('confirm_do', 'cluster test-1') })
  await second.waitFor()
  expect((await ops.ask<Brakes>('GET', '/api/v1/brakes/')).results).toEqual([])
  await page.waitForTimeout(700) // a double click does not reach it
  await second.click()
  await page.locator('[data-on]', { hasText: REASON }).waitFor()

  // The developer's page was neither reloaded nor touched; he cannot release it, and is told who can.
  await band.getByRole('alert').filter({ hasText: REASON }).waitFor({ timeout: 15_000 })
  await band.getByText(word('band.who_may')).waitFor()
  expect(await band.getByRole('button').count()).toBe(0)

  // The build goes on; the first step on the cluster waits and says so.
  const { id } = await file(developer, 'release', PROJECT, 'test', { ref: 'main' })
  await developer.page.goto(`/tickets/${id}`)
  await developer.page.locator('[data-held]', { hasText: REASON }).first().waitFor({ timeout: 120_000 })
  const tag = (await ticketOf(developer, id)).release?.tag ?? ''
  await developer.page.goto(`/p/${PROJECT}/releases/${tag}`)
  const step = developer.page.locator('[data-step="patch_image"]')
  await step.locator('a[href="/brakes"]').waitFor()
  expect((await ticketOf(developer, id)).status).toBe('running')

  await page
    .locator('[data-brakes]')
    .getByRole('button', { name: word('release_do') })
    .click()
  await page.getByRole('dialog').getByRole('textbox').fill('Nodes are there.')
  await page
    .getByRole('dialog')
    .getByRole('button', { name: word('release') })
    .click()
  await page.locator('[data-released]', { hasText: 'Nodes are there.' }).first().waitFor()
  await band.waitFor({ state: 'detached', timeout: 15_000 })
  await ended(developer, id)
  await developer.leave()
}, 240_000)

test('whoever may not pull finds no way to, and is told why', async () => {
  const developer = await Person.arrive(browser, 'developer')
  await developer.page.goto('/brakes')
  await developer.page.getByText(word('ask_ops')).waitFor()
  expect(await developer.page.getByRole('button', { name: word('pull_do') }).count()).toBe(0)
  await developer.page.keyboard.press('Control+k')
  await developer.page.getByRole('combobox').fill('brake')
  await until('the page is found', async () => (await developer.page.getByRole('option').count()) > 0)
  expect(await developer.page.getByRole('option', { name: 'Pull the emergency brake' }).count()).toBe(0)
  await developer.leave()
})
