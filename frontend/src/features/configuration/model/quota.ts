/** Kubernetes quantities as numbers for bars, and which cluster is the tightest. For looking at only: the server decides. Pure. */

const SUFFIX: Record<string, number> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** The amount in cores, bytes or pieces; null for a text that is no quantity. */
export function amountOf(text: string | undefined): number | null {
  const match = /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text ?? '')
  if (!match) return null
  const factor = match[2] === undefined ? SUFFIX[match[3] ?? ''] : 10 ** Number(match[2])
  return factor === undefined ? null : Number(match[1]) * factor
}

/** "1.5", "14 GiB", "512 MiB"; `resource` is a name of a ResourceQuota. */
export function amountText(resource: string, amount: number): string {
  const short = (value: number) => String(Math.round(value * 100) / 100)
  if (!/memory|storage/.test(resource)) return short(amount)
  const [unit, size] = Math.abs(amount) >= 2 ** 30 ? (['GiB', 2 ** 30] as const) : (['MiB', 2 ** 20] as const)
  return `${short(amount / size)} ${unit}`
}

type Quota = {
  name: string
  hard: Record<string, string>
  used: Record<string, string>
  asked: Record<string, string>
  own: Record<string, string>
}
export type Bar = {
  resource: string
  cluster: string
  quota: string
  hard: number
  /** by others */
  used: number
  asked: number
  left: number
}

/** One bar per resource: of the cluster on which the least part of it would be left. */
export function barsOf(clusters: readonly { cluster: string; quotas: readonly Quota[] }[]): Bar[] {
  const tightest = new Map<string, Bar>()
  for (const { cluster, quotas } of clusters)
    for (const quota of quotas)
      for (const [resource, text] of Object.entries(quota.asked)) {
        const [asked, hard] = [amountOf(text), amountOf(quota.hard[resource])]
        if (asked === null || hard === null) continue
        const used = (amountOf(quota.used[resource]) ?? 0) - (amountOf(quota.own[resource]) ?? 0)
        const bar = { resource, cluster, quota: quota.name, hard, used: Math.max(0, used), asked, left: 0 }
        bar.left = hard - bar.used - asked
        const known = tightest.get(resource)
        if (!known || bar.left / (hard || 1) < known.left / (known.hard || 1)) tightest.set(resource, bar)
      }
  return [...tightest.values()]
}
