import { act, renderHook } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { useDraft } from './drafts'

const kept = () => renderHook(() => useDraft(1, 'wizard', '')).result.current
const typed = () => {
  const hook = renderHook(() => useDraft(1, 'wizard', ''))
  act(() => hook.result.current.change('book'))
  return hook
}

describe('useDraft', () => {
  beforeEach(() => localStorage.clear())

  it('keeps what was typed a moment before the page went away', () => {
    typed()
    window.dispatchEvent(new Event('pagehide'))
    expect(kept()).toMatchObject({ value: 'book', restored: true })
  })

  it('keeps what was typed a moment before another page was opened', () => {
    typed().unmount()
    expect(kept()).toMatchObject({ value: 'book', restored: true })
  })

  it('keeps nothing of what was sent, or of a form that nobody touched', () => {
    const hook = typed()
    act(() => hook.result.current.clear())
    hook.unmount()
    renderHook(() => useDraft(1, 'wizard', '')).unmount()
    window.dispatchEvent(new Event('pagehide'))
    expect(kept()).toMatchObject({ value: '', restored: false })
  })
})
