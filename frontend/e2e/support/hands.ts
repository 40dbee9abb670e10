/** What people do on several pages: choose from a list, file and see the ticket, decide from the inbox. */
import type { Page } from 'playwright-core'
import { until, type Person } from './people'
import { beginningOf, wordIn } from './words'

const ticketWord = wordIn('ticket')
const approve = beginningOf(ticketWord('approve'))
const approveOrApproving = new RegExp(`${approve.source}|${beginningOf(ticketWord('approving')).source}`)

/** Choose in a field that offers a list: open it until the wanted one is there, take it, and go on with Tab. */
export async function choose(page: Page, field: string, option: string): Promise<void> {
  const box = page.getByRole('combobox', { name: field, exact: true })
  // Its own list: the one of the field before may still be on its way out.
  const list = page.locator(`.ant-select-dropdown:has([id="${await box.getAttribute('id')}_list"])`)
  const offered = list.locator('.ant-select-item-option', { hasText: option }).first()
  await until(`${field} offers ${option}`, async () => {
    if (await offered.isVisible()) return true
    await box.click()
    await page.waitForTimeout(500)
    return offered.isVisible()
  })
  await offered.click()
  await page.keyboard.press('Tab')
}

/** The number of the ticket whose page just opened. */
export async function openedTicket(page: Page): Promise<number> {
  await page.waitForURL(/\/tickets\/\d+$/)
  return Number(/\d+$/.exec(page.url())?.[0])
}

/** Press Approve on the card that is open; the button is there until the server has answered. */
async function approveHere(page: Page): Promise<void> {
  await page.getByRole('button', { name: approve }).last().click()
  await page.getByRole('button', { name: approveOrApproving }).last().waitFor({ state: 'detached' })
}

/** Ops find the ticket among what waits for them, read its card, and approve. */
export async function approveFromInbox(ops: Person, project: string, ticket: number): Promise<void> {
  const { page } = ops
  await page.goto('/inbox')
  await page.locator(`[data-row="${ticket}"]`).click()
  await page.locator('[data-card-title]', { hasText: project }).waitFor()
  await page.locator(`[data-ticket="${ticket}"] [data-question][data-tone="ok"]`).first().waitFor()
  await approveHere(page)
}

/** The short way: the link that a colleague sends. */
export async function approveByLink(page: Page, ticket: number): Promise<void> {
  await page.goto(`/inbox?ticket=${ticket}`)
  await approveHere(page)
}
