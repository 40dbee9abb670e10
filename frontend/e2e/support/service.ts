/** A service on its way through the pages: from the wizard to production and away again. One instance is one service. */
import type { Browser, Locator, Page } from 'playwright-core'
import { newRepository } from './outside'
import { approveByLink, approveFromInbox, choose, openedTicket } from './hands'
import { Person, until, type Username } from './people'
import { ended } from './scene'
import { beginningOf, wordIn } from './words'

const access = wordIn('access')
const configuration = wordIn('configuration')
const filing = wordIn('filing')
const frame = wordIn('frame')
const overview = wordIn('overview')
const verdict = wordIn('verdict')

/** Five services at once on two cores: a page may take its time. */
const PATIENCE = 90_000
/** Whoever waits for work looks at no page meanwhile: fifteen that all follow every hint are no load of a test. */
const NOWHERE = 'about:blank'

export type Language = { slug: string; name: string }

export class Service {
  readonly name: string
  readonly repository: string
  repositoryId = 0
  /** of the version that was released */ tag = ''
  private readonly people = new Map<Username, Person>()

  /** `byHand`: every page is come to as a person would, by clicking; else by its address. */
  constructor(
    private readonly browser: Browser,
    readonly language: Language,
    mark: string,
    private readonly byHand: boolean,
  ) {
    this.name = `${language.slug}-cart-n${mark}`
    this.repository = `shop/${this.name}`
  }

  /** Each of a service's people has a browser of his own, so that several services go side by side. */
  async as(username: Username): Promise<Person> {
    const known = this.people.get(username)
    if (known) return known
    const person = await Person.arrive(this.browser, username)
    person.page.setDefaultTimeout(PATIENCE)
    this.people.set(username, person)
    return person
  }

  async leave(): Promise<void> {
    await Promise.all([...this.people.values()].map((person) => person.leave()))
  }

  /** Filled in the wizard and filed; the number of the ticket. */
  async asked(): Promise<number> {
    this.repositoryId = await newRepository(this.repository, this.language.slug)
    const { page } = await this.as('developer')
    const [business = '', type = '', suffix = ''] = this.name.split('-')
    await page.goto(this.byHand ? '/projects' : '/projects/new')
    if (this.byHand) await page.getByRole('button', { name: wordIn('projects')('new') }).click()
    await page.getByLabel(access('f.business'), { exact: true }).fill(business)
    await page.getByLabel(access('f.type'), { exact: true }).fill(type)
    await page.getByLabel(access('f.suffix'), { exact: true }).fill(suffix)
    await page.getByLabel(access('f.name'), { exact: true }).fill(`Cart in ${this.language.name}`)
    await choose(page, access('f.language'), this.language.name)
    await page.getByRole('combobox', { name: access('f.gitlab_path'), exact: true }).fill(this.name)
    await choose(page, access('f.gitlab_path'), this.repository)
    await choose(page, access('f.testers'), 'Wang Fang')
    await choose(page, access('f.operators'), 'Chen Hao')
    await page.getByRole('checkbox', { name: /^Test/ }).check()
    await page.getByRole('checkbox', { name: /^Production/ }).check()
    await page.locator('[data-what="job"]', { hasText: this.name }).waitFor()
    await page.getByRole('button', { name: access('file') }).click()
    return openedTicket(page)
  }

  async approved(ticket: number): Promise<void> {
    const ops = await this.as('ops')
    await (this.byHand ? approveFromInbox(ops, this.name, ticket) : approveByLink(ops.page, ticket))
    await ops.page.goto(NOWHERE)
  }

  /** The ticket's page, which nobody touched since it was filed, tells that the run has come here and gets no further. */
  async waitsAt(step: string): Promise<void> {
    const { page } = await this.as('developer')
    await page.locator(`[data-step="${step}"][data-status="waiting"]`).waitFor({ timeout: 60_000 })
  }

  /** Until the ticket succeeded, and the page it was filed from, which nobody touched since, says so. */
  async done(ticket: number): Promise<void> {
    const developer = await this.as('developer')
    const { page } = developer
    await ended(developer, ticket, 'succeeded', 240)
    await page.locator(`[data-ticket="${ticket}"] header [data-status="succeeded"]`).waitFor()
  }

  /** The form of container access, opened; nothing is changed in it yet. */
  async form(environment: string): Promise<Page> {
    const { page } = await this.as('developer')
    if (this.byHand) {
      await page.goto(`/p/${this.name}`)
      await page.getByRole('link', { name: frame('tab.configuration'), exact: true }).click()
      await choose(page, configuration('environment'), environment)
      await page.getByRole('button', { name: beginningOf(configuration('list.open')) }).click()
    } else await page.goto(`/p/${this.name}/configuration/${environment}/${this.name}`)
    await field(page, '/replicas').waitFor()
    return page
  }

  /** Looked at as a change, and filed from there; the number of the ticket. */
  async filed(page: Page, note: string): Promise<number> {
    await page.getByRole('button', { name: beginningOf(configuration('act.review')) }).click()
    const review = page.getByRole('dialog', { name: configuration('review.title') })
    await review.getByLabel(configuration('note'), { exact: true }).fill(note)
    await review.getByRole('button', { name: beginningOf(configuration('act.file')) }).click()
    return openedTicket(page)
  }

  /** As the form proposes it, after `change`. */
  async configured(environment: string, note: string, change?: (page: Page) => Promise<void>): Promise<void> {
    const page = await this.form(environment)
    await change?.(page)
    const ticket = await this.filed(page, note)
    if (environment === 'production') await this.approved(ticket)
    await this.done(ticket)
  }

  /** `main`, built once; until it runs in test. */
  async released(): Promise<void> {
    const { page } = await this.as('developer')
    await page.goto(this.byHand ? `/p/${this.name}` : `/p/${this.name}/releases/new`)
    if (this.byHand) await page.getByRole('button', { name: beginningOf(overview('do.release')) }).click()
    await until(
      'the default branch is offered',
      async () => (await page.getByRole('combobox').first().inputValue()) === 'main',
    )
    await page.getByRole('button', { name: beginningOf(filing('release.act')) }).click()
    await page.waitForURL(/\/releases\/\d{8}-\d{6}-u\d+/)
    this.tag = /releases\/([^?#]+)/.exec(page.url())?.[1] ?? ''
    await this.runs('test', ['1/1'])
  }

  /** What the overview of the project says of this environment, cluster by cluster, when all are there. */
  async runs(environment: string, ready: string[]): Promise<void> {
    const { page } = await this.as('developer')
    await page.goto(`/p/${this.name}`)
    const row = page.getByRole('row', { name: new RegExp(`^${environment}`, 'i') })
    await until(
      `${this.name} runs in ${environment}`,
      async () => {
        const cells = await row.locator(`td:has(a[href$="/releases/${this.tag}"])`).allInnerTexts()
        return JSON.stringify(cells.map((text) => /\d+\/\d+/.exec(text)?.[0])) === JSON.stringify(ready)
      },
      240,
    )
  }

  async passed(): Promise<void> {
    const { page } = await this.as('tester')
    await page.goto('/inbox')
    await page.locator('[data-row]', { hasText: this.name }).first().click()
    await page.getByRole('heading', { name: beginningOf(this.name) }).waitFor()
    await page.getByRole('textbox').last().fill('Filled a cart and emptied it.')
    // A page that is left takes what it was still sending with it.
    const answered = page.waitForResponse((answer) => answer.url().includes('/verdicts/') && answer.status() === 201)
    await page.getByRole('button', { name: beginningOf(verdict('pass')) }).click()
    await answered
    await page.goto(NOWHERE)
  }

  async promoted(): Promise<void> {
    const { page } = await this.as('developer')
    await page.goto(this.byHand ? `/p/${this.name}` : `/p/${this.name}/promote`)
    if (this.byHand) await promoteLink(page).click()
    await page.getByRole('button', { name: beginningOf(filing('promote.ask')) }).click()
    const ticket = await openedTicket(page)
    await this.approved(ticket)
    await this.done(ticket)
    await this.runs('production', ['3/3', '3/3'])
  }

  /** Stopped first, as the portal asks; then archived by its owner. */
  async archived(): Promise<void> {
    for (const environment of ['test', 'production'])
      await this.configured(environment, 'Nobody calls it any more', (page) => field(page, '/replicas').fill('0'))
    const { page } = await this.as('developer')
    await page.goto(`/p/${this.name}/settings/provisions`)
    await page.getByLabel(access('archive.reason')).fill('The shop has one cart by now.')
    await page.getByLabel(access('archive.name', { name: this.name })).fill(this.name)
    await page.getByRole('button', { name: access('archive.file') }).click()
    const ticket = await openedTicket(page)
    await this.approved(ticket)
    await this.done(ticket)
    await page.goto(`/p/${this.name}/settings/provisions`)
    await page.locator('[data-stage="archived"]').waitFor()
  }
}

/** The control of a place of the document. */
export const field = (page: Page, pointer: string): Locator => page.locator(`[data-pointer="${pointer}"] input`).first()

const promoteLink = (page: Page): Locator =>
  page
    .getByRole('main')
    .getByRole('link', { name: beginningOf(overview('step.promote_to')) })
    .first()
