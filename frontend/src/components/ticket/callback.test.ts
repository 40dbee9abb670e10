import { describe, expect, it } from 'vitest'
import { callbackOf, missedCallback } from './callback'

const note = (code: string) => ({ code, params: { host: 'hooks.example.com', status: 404 }, detail: code })
const step = (code: string, output: unknown = { status: 404, said: 'no such hook' }) => ({
  name: 'call_back',
  output,
  note: note(code),
})

describe('the callback of a ticket', () => {
  it('is what the receiver said', () => {
    expect(callbackOf(step('callback.answered'))).toEqual({
      note: note('callback.answered'),
      said: 'no such hook',
      isTaken: true,
    })
    expect(callbackOf(step('callback.unanswered', null))?.said).toBe('')
  })
  it('is nothing before there is an answer, and of no other step', () => {
    expect(callbackOf({ name: 'call_back', output: null, note: null })).toBeNull()
    expect(callbackOf({ ...step('callback.answered'), name: 'await_rollout' })).toBeNull()
  })
  it('is missed when the receiver refused or was silent', () => {
    expect(missedCallback([step('callback.answered')])).toBeNull()
    expect(missedCallback([{ name: 'start', output: null, note: null }, step('callback.refused')])?.note.code).toBe(
      'callback.refused',
    )
  })
})
