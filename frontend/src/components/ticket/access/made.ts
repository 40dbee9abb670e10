/** What a step of project access says it made: read from its output, whose shape is not trusted. Pure. */
import { isWebAddress } from '@/lib/web'

export const DID = [
  'created',
  'adopted',
  'unchanged',
  'removed',
  'gone',
  'kept',
  'archived',
  'withdrawn',
  'resynced',
] as const
export type Did = (typeof DID)[number] | 'opened'
/** `foreign`: what others keep in a namespace that was there before, such as `Deployment web`. */
export type Made = { what: string; link: string; did: Did | ''; foreign: string[] }

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** Null for a step of another kind, and for one that has said nothing yet. Only web addresses are links. */
export function madeOf(output: unknown): Made | null {
  if (!isObject(output)) return null
  const what = textOf(output.what)
  const said = DID.find((one) => one === output.did) ?? ''
  const did = what === 'project' && said === 'created' ? 'opened' : said
  const link = textOf(output.link)
  if (!did && !isWebAddress(link)) return null
  return { what, link: isWebAddress(link) ? link : '', did, foreign: textsOf(output.foreign) }
}
