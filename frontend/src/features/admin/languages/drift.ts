/** How a job's standing reads and which jobs may be brought back to their template. Pure. */
import type { Schemas } from '@/lib/api/client'
import type { Hue } from '@/lib/status'

export type JobDrift = Schemas['JobDrift']
export type Difference = Schemas['Difference']
export type Standing = JobDrift['standing']

/** Amber where somebody must act; a job of others or none at all is nobody's duty here. */
const HUE: Record<Standing, Hue> = {
  follows: 'ok',
  edited: 'wait',
  behind: 'wait',
  foreign: 'off',
  missing: 'off',
  unreadable: 'odd',
}
export const hueOfStanding = (standing: Standing): Hue => HUE[standing]

/** Only what the portal made, and what differs from the template or is of an older one. */
export const canResync = ({ standing }: Pick<JobDrift, 'standing'>): boolean =>
  standing === 'edited' || standing === 'behind'

/** What is still chosen after the list was read again: a job that follows by now drops out. */
export const keptChoice = (chosen: ReadonlySet<string>, rows: readonly JobDrift[]): string[] =>
  rows.filter((row) => chosen.has(row.project) && canResync(row)).map((row) => row.project)

/** The canary among the chosen: the one that was picked, else the first. */
export const canaryOf = (picked: string | undefined, chosen: readonly string[]): string | undefined =>
  picked !== undefined && chosen.includes(picked) ? picked : chosen[0]

export const countOf = (row: JobDrift): number => row.differences.length + row.left_out

export type Line = { sign: '+' | '-' | ' ' | '@'; text: string }

/** A script's unified diff, line by line; without one its two texts. */
export function linesOfDifference({ diff, template, job }: Pick<Difference, 'diff' | 'template' | 'job'>): Line[] {
  if (diff.length)
    return diff.map((line) => {
      const sign = line.startsWith('@@') ? '@' : line.startsWith('+') ? '+' : line.startsWith('-') ? '-' : ' '
      return { sign, text: sign === '@' ? line : line.slice(1) }
    })
  const side = (sign: '+' | '-', text: string | null): Line[] =>
    text === null ? [] : text.split('\n').map((one) => ({ sign, text: one }))
  return [...side('-', template), ...side('+', job)]
}
