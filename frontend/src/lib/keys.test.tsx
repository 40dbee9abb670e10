import { fireEvent, render, screen } from '@testing-library/react'
import { Select } from 'antd'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { singleKeys, useKey } from './keys'

const heard: string[] = []

function Listens({ keys, always, as = keys }: { keys: string; always?: boolean; as?: string }) {
  useKey(keys, () => heard.push(as), { always })
  return null
}

const press = (key: string, init: KeyboardEventInit = {}, target: Element = document.body) =>
  fireEvent.keyDown(target, { key, ...init })

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  heard.length = 0
  singleKeys.set(true)
})

describe('keys', () => {
  it('hears two keys in a row, and not the second alone', () => {
    render(
      <>
        <Listens keys="g p" />
        <Listens keys="p" />
      </>,
    )
    press('g')
    press('p')
    expect(heard).toEqual(['g p'])
  })

  it('forgets the first key after a while', () => {
    render(
      <>
        <Listens keys="g p" />
        <Listens keys="p" />
      </>,
    )
    press('g')
    vi.advanceTimersByTime(1_000)
    press('p')
    expect(heard).toEqual(['p'])
  })

  it('lets the page opened last have the key', () => {
    render(
      <>
        <Listens keys="g p" as="frame" />
        <Listens keys="g p" as="project" />
      </>,
    )
    press('g')
    press('p')
    expect(heard).toEqual(['project'])
  })

  it('is silent while somebody types, except for chords', () => {
    render(
      <>
        <input aria-label="note" />
        <Listens keys="t" />
        <Listens keys="ctrl+k" always />
      </>,
    )
    press('t', {}, screen.getByLabelText('note'))
    press('k', { ctrlKey: true }, screen.getByLabelText('note'))
    press('k', { metaKey: true }, screen.getByLabelText('note'))
    expect(heard).toEqual(['ctrl+k', 'ctrl+k'])
  })

  it('hears Ctrl+Enter in a select that would open by it, once', () => {
    render(
      <>
        <Select aria-label="place" options={[{ value: 'test' }]} />
        <Listens keys="ctrl+enter" always />
      </>,
    )
    press('Enter', { ctrlKey: true }, screen.getByLabelText('place'))
    expect(heard).toEqual(['ctrl+enter'])
    expect(screen.getByLabelText('place').getAttribute('aria-expanded')).toBe('false')
  })

  it('is silent when single keys are switched off or a dialog is open', () => {
    const { rerender } = render(<Listens keys="t" />)
    singleKeys.set(false)
    press('t')
    singleKeys.set(true)
    rerender(
      <>
        <Listens keys="t" />
        <div data-keys-blocked />
      </>,
    )
    press('t')
    expect(heard).toEqual([])
  })

  it('does not take a letter with Ctrl for the letter', () => {
    render(<Listens keys="t" />)
    press('t', { ctrlKey: true })
    expect(heard).toEqual([])
  })
})
