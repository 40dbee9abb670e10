import { describe, expect, it } from 'vitest'
import { NEW, target } from './fixtures'
import { changeGroups, linesBetween, markDifference, movedLines, renderedChange } from './diff'
import { targetsOf } from './types'

describe('differences', () => {
  it('mark the whole word that differs, not single letters', () => {
    const [before, after] = markDifference('pay:2026-u09', 'pay:2027-u09')
    expect(before).toEqual({ head: 'pay:', mark: '2026-u09', tail: '' })
    expect(after.mark).toBe('2027-u09')
  })
  it('put clusters that get the same together and leave out those that stay', () => {
    const targets = [target('dc1', 1), target('dc2', 2), target('dc3', 3, NEW, NEW), target('dc4', 4, 'other:1')]
    const groups = renderedChange(targetsOf({ targets }))
    expect(groups.map((group) => group.clusters)).toEqual([['dc1', 'dc2'], ['dc4']])
  })
  it('name the cluster of a line that moved', () => {
    const before = { targets: [target('dc1', 1), target('dc2', 2)] }
    const after = { targets: [target('dc1', 1), target('dc2', 2, 'other:1')] }
    const groups = movedLines(linesBetween(before, after), after)
    expect(groups).toEqual([
      {
        where: 'deployment/pay',
        clusters: ['dc2'],
        lines: [{ path: 'from', before: expect.stringContaining('20260101') as string, after: 'other:1' }],
      },
    ])
  })
  it('survive a change of any shape', () => {
    expect(targetsOf(null)).toEqual([])
    expect(targetsOf({ targets: [3, { cluster: 'dc1' }] })).toHaveLength(1)
    expect(linesBetween({ a: [1] }, { a: [1, 2] })).toEqual([{ path: 'a', before: [1], after: [1, 2] }])
  })
})

describe('the change of a configuration', () => {
  const change = (objects: (cluster: string) => Record<string, unknown>, removed: string[] = []) => ({
    kind: 'configure',
    name: 'pay',
    targets: ['dc1', 'dc2'].map((cluster) => ({ cluster, wave: 1, objects: objects(cluster), removed })),
  })
  const line = { path: 'spec.replicas', before: 3, after: 6 }

  it('puts clusters to which the same happens together, object by object, and leaves out what stays', () => {
    const found = changeGroups(
      change((cluster) => ({
        'Deployment pay': [line],
        'Service pay': cluster === 'dc1' ? 'created' : [],
        'ConfigMap pay': [],
      })),
    )
    expect(found).toEqual([
      {
        where: 'Deployment pay',
        clusters: ['dc1', 'dc2'],
        lines: [{ path: 'spec.replicas', before: '3', after: '6' }],
      },
      { where: 'Service pay', clusters: ['dc1'], lines: [], mark: 'created' },
    ])
  })

  it('names what goes, and belongs to the Deployment of its own name', () => {
    const gone = change(() => ({}), ['Ingress pay'])
    expect(changeGroups(gone)).toEqual([{ where: 'Ingress pay', clusters: ['dc1', 'dc2'], lines: [], mark: 'removed' }])
    expect(targetsOf(gone).map((one) => one.deployment)).toEqual(['pay', 'pay'])
  })

  it('with a roll back shows the objects of its workload, and the image alone of any other', () => {
    const back = { ...target('dc1', 1), deployment: 'pay', objects: { 'Deployment pay': [line] }, removed: [] }
    const other = { ...target('dc1', 1), deployment: 'other' }
    const found = changeGroups({ kind: 'roll_back', targets: [back, other], configuration: { name: 'pay' } })
    expect(found).toEqual([
      { where: 'Deployment pay', clusters: ['dc1'], lines: [{ path: 'spec.replicas', before: '3', after: '6' }] },
      ...renderedChange(targetsOf({ targets: [other] })),
    ])
    const alone = { kind: 'roll_back', targets: [back] }
    expect(changeGroups(alone)).toEqual(renderedChange(targetsOf(alone)))
  })

  it('of images is what it was, and of any other shape nothing', () => {
    const images = { targets: [target('dc1', 1)] }
    expect(changeGroups(images)).toEqual(renderedChange(targetsOf(images)))
    expect(changeGroups({ kind: 'configure', targets: [null, { objects: 3, removed: 3 }] })).toEqual([])
  })
})
