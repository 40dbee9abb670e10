/** A change as lines: equal clusters put together, the differing part found. Pure. */
import { imageParts } from '@/lib/image'
import type { ChangedLine, Target } from './types'
import { targetsOf } from './types'

/** One side of a line in three parts; `mark` is what the other side does not have. */
export type Marked = { head: string; mark: string; tail: string }

const isJoint = (text: string, at: number): boolean =>
  at <= 0 || at >= text.length || /[^\w.-]/.test(text[at - 1] ?? '') || /[^\w.-]/.test(text[at] ?? '')

/** Where two lines differ, widened to whole words, so that two tags are not marked letter by letter. */
export function markDifference(before: string, after: string): [Marked, Marked] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  while (start > 0 && !isJoint(before, start)) start -= 1
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  while (end > 0 && !isJoint(before, before.length - end)) end -= 1
  const cut = (text: string): Marked => ({
    head: text.slice(0, start),
    mark: text.slice(start, text.length - end),
    tail: text.slice(text.length - end),
  })
  return [cut(before), cut(after)]
}

export type DiffLine = { path: string; before: string | null; after: string | null }
export type DiffGroup = {
  where: string
  clusters: string[]
  lines: DiffLine[]
  /** of a whole object that comes or goes; its lines would be all of it */ mark?: 'created' | 'removed'
}

const withoutHost = (reference: string): string => {
  const { host } = imageParts(reference)
  return host ? reference.slice(host.length + 1) : reference
}

/** Digests are shown with 12 characters; the whole is on hover. */
const short = (reference: string): string => withoutHost(reference).replace(/@sha256:([0-9a-f]{12})[0-9a-f]{52}/, '@$1')

/** What is rendered on the targets; targets with the same lines share one group, a target that stays has none. */
export function renderedChange(targets: readonly Target[]): DiffGroup[] {
  const groups = new Map<string, DiffGroup>()
  for (const target of targets) {
    if (target.from === target.to || !target.to) continue
    const key = [target.deployment, target.container, target.from, target.to].join('\n')
    const known = groups.get(key)
    if (known) known.clusters.push(target.cluster)
    else
      groups.set(key, {
        where: `deployment/${target.deployment}`,
        clusters: [target.cluster],
        lines: [{ path: 'image', before: short(target.from) || null, after: short(target.to) }],
      })
  }
  return [...groups.values()]
}

const shown = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? short(value) : JSON.stringify(value)

/** The server's changed lines, named by the cluster they are in instead of by a number. */
export function movedLines(lines: readonly ChangedLine[], change: unknown): DiffGroup[] {
  const targets = targetsOf(change)
  const groups = new Map<string, DiffGroup>()
  for (const line of lines) {
    const [, index, rest] = /^targets\[(\d+)\]\.?(.*)$/.exec(line.path) ?? []
    const target = index === undefined ? undefined : targets[Number(index)]
    const where = target ? `deployment/${target.deployment}` : ''
    const key = target ? `${where} ${target.cluster}` : ''
    const group = groups.get(key) ?? { where, clusters: target ? [target.cluster] : [], lines: [] }
    const path = target ? (rest ?? '') : line.path
    group.lines.push({ path, before: shown(line.before), after: shown(line.after) })
    groups.set(key, group)
  }
  return merged([...groups.values()])
}

/** Clusters in which the very same lines moved stand together. */
function merged(groups: DiffGroup[]): DiffGroup[] {
  const found: DiffGroup[] = []
  for (const group of groups) {
    const same = found.find(
      (one) =>
        one.where === group.where &&
        one.mark === group.mark &&
        JSON.stringify(one.lines) === JSON.stringify(group.lines),
    )
    if (same) same.clusters.push(...group.clusters)
    else found.push(group)
  }
  return found
}

/** What becomes of the objects of one cluster. */
export type ObjectsOf = {
  cluster: string
  objects: readonly { object: string; created: boolean; changes: readonly ChangedLine[] }[]
  removed: readonly string[]
}

/** Object by object; clusters on which the very same happens to one share a group, an object that stays has none. */
export function objectGroups(targets: readonly ObjectsOf[]): DiffGroup[] {
  return merged(
    targets.flatMap(({ cluster, objects, removed }): DiffGroup[] => [
      ...objects
        .filter(({ created, changes }) => created || changes.length)
        .map(({ object, created, changes }): DiffGroup => {
          const lines = changes.map(({ path, before, after }) => ({ path, before: shown(before), after: shown(after) }))
          return { where: object, clusters: [cluster], ...(created ? { lines: [], mark: 'created' } : { lines }) }
        }),
      ...removed.map((where): DiffGroup => ({ where, clusters: [cluster], lines: [], mark: 'removed' })),
    ]),
  )
}

/** Lines that are of no object and no cluster: of a document. */
export const documentGroup = (changes: readonly ChangedLine[]): DiffGroup => ({
  where: '',
  clusters: [],
  lines: changes.map(({ path, before, after }) => ({ path, before: shown(before), after: shown(after) })),
})

const isLine = (value: unknown): value is ChangedLine => isPlain(value) && typeof value.path === 'string'

/** The workload whose configuration comes back with an earlier version, '' for none. */
const broughtBack = (change: Record<string, unknown>): string =>
  isPlain(change.configuration) && typeof change.configuration.name === 'string' ? change.configuration.name : ''

/** The same out of the change of a ticket that applies a configuration; null for the change of any other. */
export function configuredObjects(change: unknown): ObjectsOf[] | null {
  if (!isPlain(change) || !Array.isArray(change.targets)) return null
  const name = broughtBack(change)
  if (change.kind !== 'configure' && !name) return null
  const targets = change.targets.filter(isPlain).filter((one) => !name || one.deployment === name)
  return targets.map(({ cluster, objects, removed }) => ({
    cluster: typeof cluster === 'string' ? cluster : '',
    objects: Object.entries(isPlain(objects) ? objects : {}).map(([object, what]) => ({
      object,
      created: what === 'created',
      changes: Array.isArray(what) ? what.filter(isLine) : [],
    })),
    removed: Array.isArray(removed) ? removed.map(String) : [],
  }))
}

/** A configuration of what has no image yet: everything but its Deployment is applied, and the first release makes that. */
export function isWithoutDeployment(change: unknown): boolean {
  const targets = configuredObjects(change) ?? []
  const runs = ({ object }: { object: string }) => object.startsWith('Deployment ') || object.startsWith('CronJob ')
  return targets.length > 0 && !targets.some((target) => target.objects.some(runs))
}

/** What any ticket changes, ready to be drawn. */
export function changeGroups(change: unknown): DiffGroup[] {
  const configured = configuredObjects(change)
  if (!configured) return renderedChange(targetsOf(change))
  const name = isPlain(change) ? broughtBack(change) : ''
  const images = name ? targetsOf(change).filter((one) => one.deployment !== name) : []
  return [...objectGroups(configured), ...renderedChange(images)]
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Where two changes differ, as the server tells it: for the change that moved before our eyes. */
export function linesBetween(before: unknown, after: unknown, path = ''): ChangedLine[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (isPlain(before) && isPlain(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => linesBetween(before[key], after[key], path ? `${path}.${key}` : key))
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((value, index) => linesBetween(value, after[index], `${path}[${index}]`))
  return [{ path, before: before ?? null, after: after ?? null }]
}
