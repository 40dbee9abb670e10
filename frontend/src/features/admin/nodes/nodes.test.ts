import { expect, it } from 'vitest'
import { ownLabels, readableCpu, readableMemory, spreadOf, stateOf, type Node } from './nodes'

const node = (name: string, more: Partial<Node> = {}): Node => ({
  name,
  ready: true,
  unschedulable: false,
  rack: '',
  zone: '',
  cpu: '4',
  memory: '16337892Ki',
  pods: '110',
  kubelet: 'v1.33.13',
  labels: {},
  taints: [],
  ...more,
})

it('tells a silent node from one that is not ready, and a closed one from both', () => {
  expect(stateOf(node('a'))).toBe('ready')
  expect(stateOf(node('a', { ready: false }))).toBe('not_ready')
  expect(stateOf(node('a', { ready: null, unschedulable: true }))).toBe('silent')
  expect(stateOf(node('a', { unschedulable: true }))).toBe('closed')
  expect(stateOf(node('a', { taints: [{ key: 'gpu', value: '', effect: 'NoSchedule' }] }))).toBe('closed')
  expect(stateOf(node('a', { taints: [{ key: 'gpu', value: '', effect: 'PreferNoSchedule' }] }))).toBe('ready')
})

it('writes room in units that people read, and leaves what it does not know', () => {
  expect(readableMemory('16337892Ki')).toBe('15.6 GiB')
  expect(readableMemory('263Gi')).toBe('263 GiB')
  expect(readableMemory('17179869184')).toBe('16 GiB')
  expect(readableMemory('16e9')).toBe('16e9')
  expect(readableCpu('3920m')).toBe('3.92')
  expect(readableCpu('4')).toBe('4')
})

it('shows the labels that people gave', () => {
  const labels = {
    'kubernetes.io/os': 'linux',
    'topology.kubernetes.io/zone': 'z',
    rack: 'r1',
    'net.example/mtu': '9000',
  }
  expect(ownLabels(node('a', { labels }), 'rack')).toEqual([['net.example/mtu', '9000']])
})

it('says how many serve on when the fullest place is lost', () => {
  const nodes = [
    node('a', { rack: 'r1' }),
    node('b', { rack: 'r1' }),
    node('c', { rack: 'r2' }),
    node('d', { ready: false }),
  ]
  expect(spreadOf(nodes, 'hosts', 3)).toEqual({ places: 3, most: 1, left: 2 })
  expect(spreadOf(nodes, 'racks', 3)).toEqual({ places: 2, most: 2, left: 1 })
  expect(spreadOf([node('a')], 'racks', 3)).toEqual({ places: 0, most: 3, left: 0 })
})
