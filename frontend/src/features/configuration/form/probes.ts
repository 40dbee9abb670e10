/** What a probe has hangs on its type (docs/configuration.md): members of another type go when the type changes. Pure. */
import { valueAt } from '../model/document'
import { isPlain, type Node } from '../model/schema'

type Type = 'http' | 'tcp' | 'exec'
const OF_TYPE: Record<Type, readonly string[]> = { http: ['path', 'port'], tcp: ['port'], exec: ['command'] }
const ALL = ['path', 'port', 'command']

export const isProbe = (node: Node): boolean =>
  Boolean(node.properties?.failure_threshold && node.properties.type && node.properties.command)

const typeOf = (probe: unknown): Type => {
  const type = isPlain(probe) ? probe.type : undefined
  return type === 'tcp' || type === 'exec' ? type : 'http'
}

/** The members a probe of this type has, in the order of the schema. */
export const membersOf = (probe: unknown): string[] => [
  'type',
  ...OF_TYPE[typeOf(probe)],
  'initial_delay_seconds',
  'period_seconds',
  'timeout_seconds',
  'failure_threshold',
]

const BEGINS = { path: '/healthz', command: [''] }

/** Of the document: the port a probe asks until somebody says another one. */
export const firstPort = (document: unknown): unknown => valueAt(document, '/ports/0/port')

/** The probe with another type: what that type needs begins, what it has not goes; times stay. */
export function withType(probe: Record<string, unknown>, type: string, port: unknown): Record<string, unknown> {
  const begins: Record<string, unknown> = { ...BEGINS, port }
  const wanted: readonly string[] = OF_TYPE[typeOf({ type })]
  const kept = Object.entries(probe).filter(([name]) => !ALL.includes(name) || wanted.includes(name))
  const missing = wanted.filter((name) => probe[name] === undefined || probe[name] === '')
  return { ...Object.fromEntries(kept), ...Object.fromEntries(missing.map((name) => [name, begins[name]])), type }
}

/** The pointer of the probe a type belongs to; null for any other member. */
export const probeOf = (pointer: string): string | null =>
  /^(\/probes\/(?:readiness|liveness|startup))\/type$/.exec(pointer)?.[1] ?? null
