/** The five questions of a shell (UI.md §5.1) and of a recycled pod, answered from the ticket alone. Pure. */
import type { Card, Tone } from '../types'

export type Words = { text: string } | { key: string; params?: Record<string, string | number> }
type Name = 'why' | 'where' | 'long' | 'recorded' | 'watches' | 'pods' | 'back'
export type ShellAnswer = { name: Name; tone: Tone; value: Words; detail: Words }

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const minutesOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
const nothing: Words = { text: '' }

export function shellAnswers(card: Pick<Card, 'kind' | 'form' | 'project'>, place: string): ShellAnswer[] {
  const why: ShellAnswer = { name: 'why', tone: 'ok', value: { text: textOf(card.form.reason) }, detail: nothing }
  const where: ShellAnswer = {
    name: 'where',
    tone: 'ok',
    value: { text: card.project.slug },
    detail: { text: place },
  }
  if (card.kind === 'recycle_pod')
    return [
      why,
      where,
      { name: 'pods', tone: 'ok', value: { key: 'q.replaced' }, detail: { key: 'q.others_serve' } },
      { name: 'back', tone: 'ok', value: { key: 'q.same_version' }, detail: { key: 'q.fresh' } },
    ]
  const glass = card.form.break_glass === true
  return [
    why,
    where,
    {
      name: 'long',
      tone: 'ok',
      value: { key: 'minutes', params: { count: minutesOf(card.form.minutes) } },
      detail: { key: 'q.from_first' },
    },
    { name: 'recorded', tone: 'ok', value: { key: 'q.always' }, detail: { key: 'q.output' } },
    {
      name: 'watches',
      tone: glass ? 'warn' : 'ok',
      value: { key: glass ? 'q.reviewed' : 'q.ops' },
      detail: { key: 'q.end_any' },
    },
  ]
}
