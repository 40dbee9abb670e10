/** The main job by hand, as people who have never seen it: from the sign-in to the image in production, in both languages. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, passwordOf, portal, until, visitor, type Look, type Username } from './support/people'
import { imageIn } from './support/outside'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser?.close())

/** The words a person reads on the way, from the page's own catalogues; what is filled in at run time becomes "anything". */
function wordsOf(language: 'en' | 'zh') {
  const of = (namespace: string) =>
    JSON.parse(
      readFileSync(join(import.meta.dirname, `../src/locales/${language}/${namespace}.json`), 'utf8'),
    ) as Record<string, string>
  const form = (text: string | undefined) => new RegExp(`^${(text ?? 'missing').replace(/\{\w+\}/g, '.+')}`)
  const [auth, overview, filing, verdict, ticket] = ['auth', 'overview', 'filing', 'verdict', 'ticket'].map(of)
  return {
    username: auth?.name ?? '',
    password: auth?.password ?? '',
    signIn: auth?.['sign_in.do'] ?? '',
    newRelease: form(overview?.['do.release']),
    release: form(filing?.['release.act']),
    pass: form(verdict?.pass),
    promoteTo: form(overview?.['step.promote_to']),
    ask: form(filing?.['promote.ask']),
    approve: form(ticket?.approve),
  }
}
const WORDS = { en: wordsOf('en'), zh: wordsOf('zh') }

async function signIn(username: Username, look: Look) {
  const words = WORDS[look.language ?? 'en']
  const context = await visitor(browser, look)
  const page = await context.newPage()
  await page.goto('/')
  await page.getByRole('button', { name: look.language === 'zh' ? '中文' : 'English' }).click()
  await page.getByLabel(words.username).fill(username)
  await page.getByLabel(words.password, { exact: true }).fill(passwordOf(username))
  await page.getByRole('button', { name: words.signIn }).click()
  await page.waitForURL(/\/inbox/)
  return page
}

/** Click the line of this project, and wait for its card. */
async function openFromInbox(page: Page, project: string) {
  await page.locator('[data-row]', { hasText: project }).first().click()
  await page.locator('[data-card-title]', { hasText: project }).waitFor()
}

describe.each([
  { language: 'en', project: 'book-api-n1', phone: false },
  { language: 'zh', project: 'user-web-n1', phone: true },
] as const)('in $language, ops on a phone: $phone', ({ language, project, phone }) => {
  const words = WORDS[language]
  let tag = ''

  test('a developer signs in, finds the project and releases main to test', async () => {
    const page = await signIn('developer', { language })
    await page.goto('/projects')
    await page.getByRole('link', { name: project }).first().click()
    await page.getByRole('button', { name: words.newRelease }).click()
    await page.waitForURL(/\/releases\/new/)
    await until(
      'the default branch is offered',
      async () => (await page.getByRole('combobox').first().inputValue()) === 'main',
    )
    await page.getByRole('button', { name: words.release }).click()
    await page.waitForURL(/\/releases\/\d{8}-\d{6}-u\d+/)
    tag = /releases\/([^?#]+)/.exec(page.url())?.[1] ?? ''
    await page.getByRole('log').waitFor()
    await until(
      `${tag} runs in test`,
      async () => {
        const found = (await (await page.request.get(`/api/v1/releases/?project=${project}&tag=${tag}`)).json()) as {
          results: { ran_in: { environment: string }[] }[]
        }
        return found.results[0]?.ran_in.some((place) => place.environment === 'test') ?? false
      },
      120,
    )
    await page.context().close()
  })

  test('a tester finds it in the inbox and passes it', async () => {
    const page = await signIn('tester', { language })
    await openFromInbox(page, project)
    await page.getByRole('heading', { name: new RegExp(`^${project}`) }).waitFor()
    await page
      .getByRole('textbox')
      .last()
      .fill(language === 'en' ? 'Searched, ordered, paid.' : '搜索、下单、支付均正常。')
    await page.getByRole('button', { name: words.pass }).click()
    await until('the verdict is stored', async () => {
      const board = (await (await page.request.get(`/api/v1/board?project=${project}`)).json()) as {
        environments: { cells: { verdict: { outcome: string } | null }[] }[]
      }
      return board.environments[0]?.cells[0]?.verdict?.outcome === 'passed'
    })
    await page.context().close()
  })

  test('the developer promotes the same image to production', async () => {
    const page = await signIn('developer', { language })
    await page.goto(`/p/${project}`)
    await page.getByRole('main').getByRole('link', { name: words.promoteTo }).first().click()
    await page.waitForURL(/\/promote/)
    await page.getByRole('button', { name: words.ask }).click()
    await page.waitForURL(/\/tickets\/\d+/)
    await page.context().close()
  })

  test('ops approves, and both data centres run exactly that image', async () => {
    const page = await signIn('ops', { language, phone })
    await openFromInbox(page, project)
    await page.getByRole('button', { name: words.approve }).last().click()
    const wanted = (
      (await (await page.request.get(`/api/v1/releases/?project=${project}&tag=${tag}`)).json()) as {
        results: { tag: string; digest: string }[]
      }
    ).results[0]
    expect(wanted?.digest).toMatch(/^sha256:/)
    for (const cluster of ['dc1', 'dc2']) {
      await until(
        `${cluster} runs ${tag}`,
        async () => (await imageIn(cluster, 'production', project)).endsWith(`@${wanted?.digest}`),
        120,
      )
    }
    await page.context().close()
  })
})

test('nobody gets in with a wrong password, and what was typed as a name stays', async () => {
  const context = await visitor(browser)
  const page = await context.newPage()
  await page.goto(`${portal()}/projects`)
  await page.waitForURL(/\/sign-in\?next=/)
  await page.getByLabel(WORDS.en.username).fill('developer')
  await page.getByLabel(WORDS.en.password, { exact: true }).fill('not the password')
  await page.getByRole('button', { name: WORDS.en.signIn }).click()
  await page.getByRole('alert').first().waitFor()
  expect(await page.getByLabel(WORDS.en.username).inputValue()).toBe('developer')
  await context.close()
})
