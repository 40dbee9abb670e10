import { expect, it } from 'vitest'
import { shellAnswers } from './answers'

const form = { workload: 7, minutes: 30, break_glass: false, reason: 'Bank channel times out' }
const card = (kind: string, more = {}) => ({ kind, form: { ...form, ...more }, project: { slug: 'pay-gate-n1' } })
const names = (kind: string) => shellAnswers(card(kind) as never, 'production').map((one) => one.name)

it('asks why, where, how long, recorded and who watches of a shell', () => {
  expect(names('emergency_shell')).toEqual(['why', 'where', 'long', 'recorded', 'watches'])
  expect(shellAnswers(card('emergency_shell') as never, 'production')[2]?.value).toEqual({
    key: 'minutes',
    params: { count: 30 },
  })
})

it('warns of a broken glass', () => {
  const answers = shellAnswers(card('emergency_shell', { break_glass: true }) as never, 'production')
  expect(answers[4]).toMatchObject({ tone: 'warn', value: { key: 'q.reviewed' } })
})

it('asks of a pod what changes and whether there is a way back', () => {
  expect(names('recycle_pod')).toEqual(['why', 'where', 'pods', 'back'])
})
