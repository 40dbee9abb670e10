/** The menu of a card by keyboard, and where the focus goes. */
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { Menu } from './Menu'

afterEach(cleanup)

function show() {
  const done: string[] = []
  const item = (key: string) => ({
    key,
    label: key,
    run: () => done.push(`${key} from ${document.activeElement?.getAttribute('aria-label')}`),
  })
  render(<Menu label="More" icon={null} items={[item('open'), item('copy'), item('stop')]} />)
  return { done, user: userEvent.setup(), opener: screen.getByRole('button', { name: 'More' }) }
}

test('arrows go round, Enter does it, and the focus is back on the button by then', async () => {
  const { done, user, opener } = show()
  await user.click(opener)
  expect(document.activeElement?.textContent).toBe('open')
  await user.keyboard('{ArrowUp}{Enter}')
  expect(done).toEqual(['stop from More'])
  expect(screen.queryByRole('menu')).toBeNull()
})

test('Escape closes it and does nothing else', async () => {
  const { done, user, opener } = show()
  await user.click(opener)
  await user.keyboard('{Escape}')
  expect([screen.queryByRole('menu'), document.activeElement, done]).toEqual([null, opener, []])
})
