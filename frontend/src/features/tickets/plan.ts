/** A ticket's steps as people read a plan: first what is common, then wave by wave, each cluster in its own lane. Pure. */
import type { Schemas } from '@/lib/api/client'

export type Step = Schemas['Step']
/** `name`: the cluster, where that tells the lanes of a wave apart. */
export type Lane = { target: string; name: string; steps: Step[] }
export type Wave = { wave: number; lanes: Lane[] }

/** "dc1/book-api-n1" is a workload in a cluster; anything else is its own name. */
export const clusterOf = (target: string): string => target.split('/')[0] ?? target

export function planOf(steps: readonly Step[]): Wave[] {
  const waves = new Map<number, Map<string, Step[]>>()
  for (const step of steps.toSorted((a, b) => a.wave - b.wave || a.order - b.order || a.id - b.id)) {
    const lanes = waves.get(step.wave) ?? new Map<string, Step[]>()
    lanes.set(step.target, [...(lanes.get(step.target) ?? []), step])
    waves.set(step.wave, lanes)
  }
  return [...waves].map(([wave, lanes]) => {
    const clusters = [...lanes.keys()].map(clusterOf)
    const isAlone = (cluster: string) => clusters.filter((one) => one === cluster).length === 1
    const nameOf = (target: string) => (isAlone(clusterOf(target)) ? clusterOf(target) : target)
    return {
      wave,
      lanes: [...lanes]
        .map(([target, list]) => ({ target, name: nameOf(target), steps: list }))
        .toSorted((a, b) => a.target.localeCompare(b.target)),
    }
  })
}

export const doneOf = (steps: readonly Step[]): { done: number; total: number } => ({
  done: steps.filter((step) => step.status === 'succeeded').length,
  total: steps.length,
})
