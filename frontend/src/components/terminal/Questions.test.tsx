import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeAll, expect, it, vi } from 'vitest'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import { LinkDialog, PasteDialog } from './Questions'

beforeAll(async () => {
  await startLanguages('en')
  await loadNamespaces(['terminals'])
})

it('opens a link by the person’s own click only, without telling it who opened it', () => {
  render(<LinkDialog url="https://gitlab.example/x" close={vi.fn()} />)
  const link = screen.getByRole('link', { name: 'Open link' })
  expect([link.getAttribute('href'), link.getAttribute('target'), link.getAttribute('rel')]).toEqual([
    'https://gitlab.example/x',
    '_blank',
    'noopener noreferrer',
  ])
})

it('shows the lines as they will be typed, and pastes when it is told to', async () => {
  const close = vi.fn()
  render(<PasteDialog text={'rm -rf /tmp/x\r\n\u001b[201~echo two'} close={close} />)
  expect(screen.getByText(/rm -rf/).textContent).toBe('rm -rf /tmp/x\n[201~echo two')
  await userEvent.click(screen.getByRole('checkbox'))
  await userEvent.click(screen.getByRole('button', { name: 'Paste' }))
  expect(close).toHaveBeenCalledExactlyOnceWith(true, true)
})
