import { expect, it } from 'vitest'
import { asQuery, changeOf, diffOf, progressOf, textOf, valuesOf, type Intake, type Row } from './model'

const row: Row = {
  id: 1,
  number: 2,
  slug: 'cart-n1',
  name: 'Cart',
  language: 'go',
  gitlab: 'gitlab',
  gitlab_path: 'shop/cart',
  jenkins: 'ci',
  job: 'cart-n1',
  registry: 'main',
  image_repository: 'shop/cart',
  environments: ['test'],
  owners: [],
  workloads: [{ environment: 'test', cluster: 'dc1', namespace: 'test', deployment: 'cart-n1', container: '' }],
  migration: {},
  confidence: 'certain',
  why: [],
  candidates: {},
  problems: {},
  is_ticked: true,
  state: 'waiting',
  is_working: false,
  error: null,
  project: null,
  taken_at: null,
}
const counts = {
  rows: 10,
  waiting: 3,
  taken: 5,
  failed: 1,
  exists: 1,
  ticked: 3,
  due: 2,
  problems: 0,
  certain: 10,
  likely: 0,
  unsure: 0,
}

it('sends what was changed, the migration as a whole', () => {
  const values = valuesOf(row)
  expect(changeOf({ slug: 'basket-n1' }, { ...values, slug: 'basket-n1' })).toEqual({ slug: 'basket-n1' })
  const mixed = { ...values, migration: 'mixed', container_weight: 20, servers: ['10.0.0.5:80'] }
  expect(changeOf({ servers: ['10.0.0.5:80'] }, mixed)).toEqual({
    migration: { state: 'mixed', container_weight: 20, servers: ['10.0.0.5:80'] },
  })
  expect(changeOf({ migration: 'vm' }, values)).toEqual({ migration: { state: 'vm' } })
})

it('tells a change field by field, Deployments in a line', () => {
  const initial = valuesOf(row)
  const [old] = initial.workloads
  expect(diffOf(initial, { workloads: old ? [{ ...old, container: 'app' }] : [] }, String)).toEqual([
    { label: 'workloads', before: 'test/dc1/cart-n1/?', after: 'test/dc1/cart-n1/app' },
  ])
  expect(diffOf(initial, { owners: ['chen'] }, String)).toEqual([{ label: 'owners', before: null, after: 'chen' }])
})

it('counts how many of those to be taken in are through, well or not', () => {
  expect(progressOf({ counts } as Intake)).toEqual({ done: 6, of: 8 })
})

it('asks for no more than the filter says', () => {
  expect(asQuery({})).toEqual({})
  expect(asQuery({ q: 'cart', problems: true })).toEqual({ q: 'cart', has_problems: true })
})

it('reads UTF-8 with its byte order mark and nothing else', async () => {
  expect(await textOf(new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 0x61])]))).toBe('\ufeffa')
  expect(await textOf(new Blob([new Uint8Array([0xb1, 0xe0])]))).toBeNull()
})
