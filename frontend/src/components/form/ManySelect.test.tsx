/** Leaving a choice of several by the keyboard. */
import { cleanup, configure, fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { ManySelect } from './ManySelect'

// A bound, not an expectation: a busy machine takes seconds where an idle one takes none.
vi.setConfig({ testTimeout: 60_000 })
configure({ asyncUtilTimeout: 20_000 })
afterEach(cleanup)

const OPTIONS = ['Go', 'Java', 'PHP'].map((label) => ({ value: label.toLowerCase(), label }))

function Field() {
  const [value, setValue] = useState<string[]>([])
  return (
    <>
      <ManySelect<string[]> aria-label="Languages" value={value} options={OPTIONS} onChange={setValue} />
      <output>{value.join(' ')}</output>
    </>
  )
}

async function open() {
  render(<Field />)
  const user = userEvent.setup()
  await user.click(screen.getByRole('combobox', { name: 'Languages' }))
  return user
}

test('what was chosen with the mouse stays when Tab leaves the field', async () => {
  const user = await open()
  await user.click(await screen.findByTitle('Java'))
  expect(screen.getByRole('status').textContent).toBe('java')
  fireEvent.keyDown(screen.getByRole('combobox', { name: 'Languages' }), { key: 'Tab', keyCode: 9 })
  expect(screen.getByRole('status').textContent).toBe('java')
})

test('what was found by typing is taken with Tab', async () => {
  const user = await open()
  await user.type(screen.getByRole('combobox', { name: 'Languages' }), 'ph')
  await waitFor(() => expect(screen.queryByTitle('Java')).toBeNull())
  fireEvent.keyDown(screen.getByRole('combobox', { name: 'Languages' }), { key: 'Tab', keyCode: 9 })
  expect(screen.getByRole('status').textContent).toBe('php')
})
