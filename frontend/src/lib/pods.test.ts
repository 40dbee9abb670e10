import { expect, it } from 'vitest'
import type { Pod, PodContainer } from '@/lib/api/terminals'
import { countsOf, offered } from './pods'

const container = (part: Partial<PodContainer>): PodContainer => ({
  name: 'app',
  image: 'x',
  ready: true,
  restarts: 0,
  state: 'running',
  state_code: 'pod_state.running',
  reason: '',
  exit_code: null,
  last_reason: '',
  last_exit_code: null,
  last_ended_at: null,
  ...part,
})
const failing = container({ name: 'proxy', ready: false })
const gone = container({ name: 'init', ready: false, state: 'ended' })

it('offers the container chosen last, else the failing one that runs, else the first that runs', () => {
  const containers = [container({}), failing, gone]
  expect(offered({ containers }, 'app')).toBe('app')
  expect(offered({ containers }, 'not there')).toBe('proxy')
  expect(offered({ containers: [gone, container({})] }, null)).toBe('app')
  expect(offered({ containers: [] }, null)).toBe('')
})

it('counts what is ready in each cluster', () => {
  const pod = (cluster: string, ready: boolean) => ({ cluster, ready }) as Pod
  expect([...countsOf([pod('dc1', true), pod('dc1', false), pod('dc2', true)])]).toEqual([
    ['dc1', { ready: 1, total: 2 }],
    ['dc2', { ready: 1, total: 1 }],
  ])
})
