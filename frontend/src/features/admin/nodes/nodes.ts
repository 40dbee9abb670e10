/** What the page says of nodes: their state, their room in units people read, and where replicas would land. Pure. */
import type { Schemas } from '@/lib/api/client'

export type Node = Schemas['Node']
export type State = 'ready' | 'closed' | 'not_ready' | 'silent'

const REPELS = new Set(['NoSchedule', 'NoExecute'])
const KIBI: Record<string, number> = { '': 1 / 1024, Ki: 1, Mi: 1024, Gi: 1024 ** 2, Ti: 1024 ** 3 }

/** `silent`: its kubelet was not heard of, so that nobody knows. `closed`: ready, and takes no new pods. */
export function stateOf(node: Node): State {
  if (node.ready === null) return 'silent'
  if (!node.ready) return 'not_ready'
  return node.unschedulable || node.taints.some(({ effect }) => REPELS.has(effect)) ? 'closed' : 'ready'
}

/** "16337892Ki" as "15.6 GiB"; what is written otherwise is shown as it came. */
export function readableMemory(quantity: string): string {
  const found = /^(\d+)(Ki|Mi|Gi|Ti)?$/.exec(quantity)
  if (!found) return quantity
  const gibi = (Number(found[1]) * (KIBI[found[2] ?? ''] ?? 1)) / 1024 ** 2
  return `${gibi >= 100 ? Math.round(gibi) : Math.round(gibi * 10) / 10} GiB`
}

/** "3920m" as "3.92"; whole cores as they came. */
export const readableCpu = (quantity: string): string =>
  /^\d+m$/.test(quantity) ? String(Number(quantity.slice(0, -1)) / 1000) : quantity

const OF_KUBERNETES = /(^|\.)(kubernetes|k8s)\.io\//

/** The labels that people gave: not Kubernetes' own, and not the rack, which has its column. */
export const ownLabels = (node: Node, rackLabel: string): [string, string][] =>
  Object.entries(node.labels).filter(([key]) => !OF_KUBERNETES.test(key) && key !== rackLabel)

export type Preset = 'hosts' | 'racks'
export type Spread = { places: number; most: number; left: number }

/** How an even spread puts replicas into places: at most `most` in one, so that `left` serve on when that one is lost. */
export function spreadOf(nodes: Node[], preset: Preset, replicas: number): Spread {
  const takes = nodes.filter((node) => stateOf(node) === 'ready')
  const named = preset === 'hosts' ? takes.map(({ name }) => name) : takes.map(({ rack }) => rack).filter(Boolean)
  const places = new Set(named).size
  const most = places ? Math.ceil(replicas / places) : replicas
  return { places, most, left: replicas - most }
}
