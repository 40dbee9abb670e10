/** Pods by what they mean to a person. How each is says the server; here: its hue, and which container to offer. Pure. */
import type { Pod, PodContainer } from '@/lib/api/terminals'
import type { Hue } from './status'

export const POD_HUE: Record<Pod['state'], Hue> = {
  crash_loop: 'bad',
  out_of_memory: 'bad',
  image_pull: 'bad',
  config_error: 'bad',
  evicted: 'bad',
  unschedulable: 'bad',
  ended: 'bad',
  not_ready: 'wait',
  starting: 'run',
  terminating: 'off',
  completed: 'off',
  running: 'ok',
}

/** One can step into it. */
export const runs = (container: PodContainer): boolean => container.state === 'running'

/** The container to offer: the one chosen the last time, else the failing one that runs, else the first that does. */
export function offered({ containers }: Pick<Pod, 'containers'>, remembered: string | null): string {
  const named = containers.find((one) => one.name === remembered)
  const found = named ?? containers.find((one) => runs(one) && !one.ready) ?? containers.find(runs) ?? containers[0]
  return found?.name ?? ''
}

/** How many are ready, per cluster. */
export function countsOf(pods: readonly Pod[]): Map<string, { ready: number; total: number }> {
  const counts = new Map<string, { ready: number; total: number }>()
  for (const pod of pods) {
    const count = counts.get(pod.cluster) ?? { ready: 0, total: 0 }
    counts.set(pod.cluster, { ready: count.ready + (pod.ready ? 1 : 0), total: count.total + 1 })
  }
  return counts
}
