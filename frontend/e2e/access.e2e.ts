/** A service comes and goes by hand: asked for in the wizard, let in by ops of elsewhere, set up, and archived by its owner. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { approveFromInbox, choose, openedTicket } from './support/hands'
import { hooksOf, newRepository } from './support/outside'
import { launch, Person } from './support/people'
import { ended } from './support/scene'
import { wordIn } from './support/words'

const word = wordIn('access')

type Provision = { what: string; state: string; link: string; name: string }

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

test('a developer asks for a service, ops let it in, and its owner has it archived', async () => {
  const mark = Date.now().toString().slice(-7)
  const project = `cart-api-n${mark}`
  const repository = `shop/cart-${mark}`
  await newRepository(repository, 'go')
  const developer = await Person.arrive(browser, 'developer')
  const ops = await Person.arrive(browser, 'ops')
  const { page } = developer

  // The form: a name that breaks the rule is put right in one click, the repository is found by a part of its name.
  await page.goto('/projects')
  await page.getByRole('button', { name: wordIn('projects')('new') }).click()
  await page.waitForURL(/\/projects\/new/)
  await page.getByLabel(word('f.business'), { exact: true }).fill('Cart_API')
  await page.getByLabel(word('f.suffix'), { exact: true }).fill(`n${mark}`)
  await page.getByRole('button', { name: word('name.use', { name: project }) }).click()
  await page.getByText(word('name.free'), { exact: true }).waitFor()
  await page.getByLabel(word('f.name'), { exact: true }).fill('Cart')
  await choose(page, word('f.language'), 'Go')
  await page.getByRole('combobox', { name: word('f.gitlab_path'), exact: true }).fill(mark)
  await choose(page, word('f.gitlab_path'), repository)
  const found = page.getByRole('list', { name: word('found') })
  await found.getByText(word('access.ok')).waitFor()
  await found.getByRole('button', { name: word('clone.ask') }).click()
  await found.getByText(word('clone.ok')).waitFor({ timeout: 60_000 })
  await page.getByRole('checkbox', { name: /^Test/ }).check()
  await page.locator('[data-what="job"]', { hasText: project }).waitFor()

  // What was typed is there after a reload; then it is filed.
  await page.reload()
  await page.getByText(wordIn('common')('draft.restored')).waitFor()
  expect(await page.getByLabel(word('f.name'), { exact: true }).inputValue()).toBe('Cart')
  await page.getByRole('button', { name: word('file') }).click()
  const request = await openedTicket(page)
  expect(await hooksOf(repository)).toEqual([])

  // Ops are members of nothing there, and decide.
  await approveFromInbox(ops, project, request)
  await ended(developer, request)
  await page.locator('[data-step="create_job"] a[href*="/job/"]').first().waitFor()
  expect(await hooksOf(repository)).toEqual([expect.stringContaining(`/hooks/gitlab/${project}`)])
  await page.goto('/projects')
  await page.locator(`[data-project="${project}"]`).waitFor()

  // What was made stands in the project's settings, and can be opened.
  await page.goto(`/p/${project}/settings/provisions`)
  await page
    .locator('[data-provision]', { hasText: word('what.webhook') })
    .first()
    .waitFor()
  const read = () => developer.ask<{ results: Provision[] }>('GET', `/api/v1/projects/${project}/provisions/`)
  const made = (await read()).results
  expect(made.map((one) => `${one.what} ${one.state}`).sort()).toEqual([
    'grants created',
    'job created',
    'namespace adopted',
    'repository adopted',
    'webhook created',
  ])

  // Archiving asks for the name, and for somebody else's word.
  await page.getByLabel(word('archive.reason')).fill('The shop has one cart by now.')
  await page.getByLabel(word('archive.name', { name: project })).fill(project)
  await page.getByRole('button', { name: word('archive.file') }).click()
  const removal = await openedTicket(page)
  await approveFromInbox(ops, project, removal)
  await ended(developer, removal)
  expect(await hooksOf(repository)).toEqual([])
  await page.goto('/projects?stage=archived')
  await page.locator(`[data-project="${project}"]`).waitFor()
  await page.goto(`/p/${project}/settings/provisions`)
  await page.locator('[data-stage="archived"]').waitFor()
  const left = (await read()).results.map((one) => `${one.what} ${one.state}`).sort()
  expect(left).toEqual(['grants removed', 'job removed', 'namespace kept', 'repository kept', 'webhook removed'])
  await Promise.all([developer.leave(), ops.leave()])
}, 300_000)
