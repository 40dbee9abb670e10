/** The five questions of a service that wants in, or goes (UI.md §5.1), answered from the ticket and its plan. Pure. */
import { isOver } from '@/lib/status'
import { isWaiting, type Card, type Known, type Tone } from '../types'
import type { Schemas } from '@/lib/api/client'
import { madeOf, textsOf, type Made } from './made'

type Step = Schemas['Step']
export const ASKED = ['who', 'checks', 'created', 'undo', 'quota'] as const
export type AccessWord = { key: string; params?: Record<string, string | number> }
export type AccessAnswer = { name: (typeof ASKED)[number]; tone: Tone; value: AccessWord; detail: AccessWord | null }
type Part = Omit<AccessAnswer, 'name'>

export const isRemoval = (card: Pick<Card, 'kind'>): boolean => card.kind === 'project_removal'

/** Steps that look or close the books; every other makes or removes something. */
const MAKES_NOTHING = new Set(['start', 'bind_repository', 'admit_project', 'close_project'])
const MISSED = new Set(['failed', 'errored', 'canceled'])

export type Item = { step: Step; made: Made | null }
/** In the order of the plan. */
export const itemsOf = (steps: readonly Step[]): Item[] =>
  steps
    .filter((step) => !MAKES_NOTHING.has(step.name))
    .toSorted((a, b) => a.wave - b.wave || a.id - b.id)
    .map((step) => ({ step, made: madeOf(step.output) }))

/** What it made itself: there is something to take back. */
export const madeHere = (steps: readonly Step[]): number =>
  itemsOf(steps).filter(({ made }) => made?.did === 'created').length

function who(card: Card): Part {
  if (isRemoval(card)) return { tone: 'ok', value: { key: 'q.asker', params: { name: nameOf(card) } }, detail: null }
  const owners = textsOf(card.form.owners)
  if (!owners.length) return { tone: 'ok', value: { key: 'q.asker', params: { name: nameOf(card) } }, detail: null }
  return {
    tone: 'ok',
    value: { key: 'q.owners', params: { count: owners.length } },
    detail: { key: 'q.names', params: { names: owners.join(', ') } },
  }
}

const nameOf = ({ requester }: Card): string => requester.display_name || requester.username

function checks({ gates }: Card): Part {
  if (!gates.length) return { tone: 'off', value: { key: 'q.no_checks' }, detail: null }
  const wrong = gates.filter((gate) => gate.state !== 'met')
  if (!wrong.length)
    return { tone: 'ok', value: { key: 'q.checks_met', params: { count: gates.length } }, detail: null }
  const refused = wrong.some((gate) => gate.state === 'refused')
  return {
    tone: refused ? 'bad' : 'wait',
    value: { key: 'q.checks_open', params: { count: wrong.length, total: gates.length } },
    detail: null,
  }
}

function created(card: Card, steps: Known<Step[]>): Part {
  if (!steps.data)
    return steps.failed
      ? { tone: 'odd', value: { key: 'q.plan_unread' }, detail: null }
      : { tone: 'off', value: { key: 'q.asking' }, detail: null }
  const items = itemsOf(steps.data)
  const total = items.length
  const places = new Set(items.filter(({ step }) => step.name.endsWith('_namespace')).map(({ step }) => step.target))
  const where: AccessWord | null = places.size ? { key: 'q.namespaces', params: { count: places.size } } : null
  if (!total) return { tone: 'off', value: { key: 'q.nothing' }, detail: null }
  if (isWaiting(card.status)) return { tone: 'ok', value: { key: 'q.things', params: { count: total } }, detail: where }
  const done = items.filter(({ step }) => step.status === 'succeeded').length
  const missed = items.some(({ step }) => MISSED.has(step.status))
  const unknown = items.some(({ step }) => step.status === 'errored')
  const tone = done === total ? 'ok' : unknown ? 'odd' : missed ? 'bad' : isOver(card.status) ? 'off' : 'run'
  return { tone, value: { key: 'q.things_done', params: { done, total } }, detail: where }
}

function undo(card: Card, steps: Known<Step[]>): Part {
  if (isRemoval(card)) return { tone: 'warn', value: { key: 'q.no_undo' }, detail: { key: 'q.history_stays' } }
  if (card.status === 'succeeded')
    return { tone: 'ok', value: { key: 'q.by_archiving' }, detail: { key: 'q.found_stays' } }
  if (!isOver(card.status)) return { tone: 'ok', value: { key: 'q.in_reverse' }, detail: { key: 'q.found_stays' } }
  if (!steps.data) return { tone: 'odd', value: { key: 'q.plan_unread' }, detail: null }
  const count = madeHere(steps.data)
  return count
    ? { tone: 'wait', value: { key: 'q.to_undo', params: { count } }, detail: { key: 'q.found_stays' } }
    : { tone: 'ok', value: { key: 'q.nothing_to_undo' }, detail: null }
}

function quota(card: Card, steps: Known<Step[]>): Part {
  if (!steps.data) return { tone: steps.failed ? 'odd' : 'off', value: { key: 'q.asking' }, detail: null }
  const count = steps.data.filter((step) => step.name.endsWith('_quota')).length
  if (!count) return { tone: 'off', value: { key: isRemoval(card) ? 'q.quota_untouched' : 'q.no_quota' }, detail: null }
  return {
    tone: 'ok',
    value: { key: isRemoval(card) ? 'q.quota_freed' : 'q.quota_set' },
    detail: { key: 'q.namespaces', params: { count } },
  }
}

export function accessAnswers(card: Card, steps: Known<Step[]>): AccessAnswer[] {
  return [
    { name: 'who', ...who(card) },
    { name: 'checks', ...checks(card) },
    { name: 'created', ...created(card, steps) },
    { name: 'undo', ...undo(card, steps) },
    { name: 'quota', ...quota(card, steps) },
  ]
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A person to call, as one line. */
function callOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  const { name, address } = value as Record<string, unknown>
  return [word(name), word(address)].filter(Boolean).join(' ')
}

/** What the form says, field by field; what was left empty is left out. `argv`: arguments, each one apart. */
export type Fact = { field: string; text: string; argv?: string[] }

export function factsOf(form: Record<string, unknown>): Fact[] {
  const inner = (field: string, key: string) => {
    const value = form[field]
    return typeof value === 'object' && value !== null ? word((value as Record<string, unknown>)[key]) : ''
  }
  const calls = (field: string) =>
    Array.isArray(form[field]) ? form[field].map(callOf).filter(Boolean).join('; ') : ''
  const facts: Fact[] = [
    ...['name', 'description', 'language'].map((field) => ({ field, text: word(form[field]) })),
    { field: 'gitlab_path', text: [word(form.gitlab), word(form.gitlab_path)].filter(Boolean).join(' · ') },
    { field: 'image_repository', text: [word(form.registry), word(form.image_repository)].filter(Boolean).join(' · ') },
    { field: 'jenkins', text: word(form.jenkins) },
    ...['environments', 'owners', 'testers', 'operators'].map((field) => ({
      field,
      text: textsOf(form[field]).join(', '),
    })),
    ...['contacts', 'alarm_contacts'].map((field) => ({ field, text: calls(field) })),
    ...['deploy_path', 'log_path'].map((field) => ({ field, text: word(form[field]) })),
    ...['start_command', 'stop_command'].map((field) => {
      const argv = textsOf(form[field])
      return { field, text: argv.join(' '), argv }
    }),
    { field: 'callback', text: inner('callback', 'url') },
    { field: 'migration', text: inner('migration', 'state') },
  ]
  return facts.filter((fact) => fact.text)
}
