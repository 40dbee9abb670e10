/** What a re-sync of jobs says of itself: read from its change, whose shape is not trusted, and from its steps. Pure. */
import { isOver } from '@/lib/status'
import { isWebAddress } from '@/lib/web'
import type { Schemas } from '@/lib/api/client'
import { isWaiting, type Card, type Known, type Tone } from '../types'

type Step = Schemas['Step']
export type DiffLine = { sign: '-' | '+' | '@' | ' '; text: string }
/** `lines`: what the job loses and what it gets. */
export type JobDifference = { path: string; lines: DiffLine[] }
export type Job = {
  project: string
  isCanary: boolean
  jenkins: string
  link: string
  standing: string
  version: number | null
  differences: JobDifference[]
  /** differences that are not told */ more: number
}
export type Resync = { language: string; version: number | null; template: string; canary: string; jobs: Job[] }
export type Word = { key: string; params?: Record<string, string | number> }
export const ASKED = ['what', 'first', 'read', 'undo', 'done'] as const
export type Answer = { name: (typeof ASKED)[number]; tone: Tone; value: Word; detail: Word | null }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const sideOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** A script's difference line by line; of anything else its value now and then. */
function linesOf({ diff, template, job }: Record<string, unknown>): DiffLine[] {
  if (Array.isArray(diff))
    return diff.map((line): DiffLine => {
      const text = textOf(line)
      const sign = text.startsWith('@@') ? '@' : text.startsWith('-') ? '-' : text.startsWith('+') ? '+' : ' '
      return { sign, text: text.slice(1) }
    })
  const side = (sign: '-' | '+', text: string | null): DiffLine[] => (text === null ? [] : [{ sign, text }])
  return [...side('-', sideOf(job)), ...side('+', sideOf(template))]
}

function differencesOf(value: unknown): JobDifference[] {
  const list = Array.isArray(value) ? value.filter(isObject) : []
  return list.map((one) => ({ path: textOf(one.path), lines: linesOf(one) }))
}

/** The canary first, the others by name. */
export function resyncOf(change: unknown): Resync {
  const content = isObject(change) ? change : {}
  const template = isObject(content.template) ? content.template : {}
  const canary = textOf(content.canary)
  const jobs = Object.entries(isObject(content.jobs) ? content.jobs : {}).flatMap(([project, one]): Job[] =>
    isObject(one)
      ? [
          {
            project,
            isCanary: project === canary,
            jenkins: textOf(one.jenkins),
            link: isWebAddress(textOf(one.link)) ? textOf(one.link) : '',
            standing: textOf(one.standing),
            version: numberOf(one.template_version),
            differences: differencesOf(one.differences),
            more: numberOf(one.more) ?? 0,
          },
        ]
      : [],
  )
  return {
    language: textOf(content.language),
    version: numberOf(template.version),
    template: textOf(template.job),
    canary,
    jobs: jobs.toSorted((a, b) => Number(b.isCanary) - Number(a.isCanary) || a.project.localeCompare(b.project)),
  }
}

export const countOf = ({ differences, more }: Job): number => differences.length + more

/** The status of the step that writes a project's job. */
export const statusOf = (steps: readonly Step[] | undefined, project: string): Step | undefined =>
  steps?.find((step) => step.name === 'resync_job' && step.target === project)

function done(card: Card, steps: Known<Step[]>): Omit<Answer, 'name'> {
  if (!steps.data)
    return steps.failed
      ? { tone: 'odd', value: { key: 'q.plan_unread' }, detail: null }
      : { tone: 'off', value: { key: 'q.asking' }, detail: null }
  const jobs = steps.data.filter((step) => step.name === 'resync_job')
  const written = jobs.filter((step) => step.status === 'succeeded').length
  const params = { done: written, total: jobs.length }
  if (isWaiting(card.status)) return { tone: 'off', value: { key: 'q.nothing_yet' }, detail: null }
  const tone = written === jobs.length ? 'ok' : isOver(card.status) ? 'bad' : 'run'
  return { tone, value: { key: 'q.done', params }, detail: null }
}

export function answersOf(card: Card, resync: Resync, steps: Known<Step[]>): Answer[] {
  const others = resync.jobs.length - 1
  const edited = resync.jobs.filter((job) => countOf(job) > 0).length
  return [
    {
      name: 'what',
      tone: 'ok',
      value: { key: 'q.jobs', params: { count: resync.jobs.length } },
      detail: { key: 'q.template', params: { template: resync.template, version: resync.version ?? 0 } },
    },
    {
      name: 'first',
      tone: 'ok',
      value: { key: 'q.canary', params: { project: resync.canary } },
      detail: others > 0 ? { key: 'q.then', params: { count: others } } : { key: 'q.alone' },
    },
    {
      name: 'read',
      tone: card.fingerprint_trouble ? 'odd' : 'ok',
      value: { key: card.fingerprint_trouble ? 'q.unread' : 'q.read' },
      detail: { key: 'q.edited', params: { count: edited } },
    },
    { name: 'undo', tone: 'warn', value: { key: 'q.no_undo' }, detail: { key: 'q.overwrites' } },
    { name: 'done', ...done(card, steps) },
  ]
}
