import { describe, expect, it } from 'vitest'
import { isHeld } from '@/lib/brake'
import { choicesOf, chosenOf, effectsOf, linesOf, nameOfScope, type Brake, type Scope } from './model'

const cluster = (id: number) => ({ id, name: `dc${id}` })
const brake = (id: number, where: number | null, at: string): Brake =>
  ({ id, cluster: where === null ? null : cluster(where), pulled_at: `2026-11-21T${at}:00Z` }) as Brake
const scope = (where: number | null, allowed: boolean, on: number | null = null): Scope => ({
  cluster: where === null ? null : cluster(where),
  brake: on,
  may_pull: { allowed, code: allowed ? '' : 'policy.needs_role_on_cluster', params: {}, detail: '' },
})

describe('the band', () => {
  const brakes = [brake(1, 1, '10:00'), brake(2, null, '09:00'), brake(3, 2, '11:00')]

  it('shows the brake over everything first, then the newest, and counts the rest', () => {
    const { shown, rest } = linesOf(brakes, 2)
    expect(shown.map((one) => one.id)).toEqual([2, 3])
    expect(rest).toBe(1)
  })

  it('counts nothing when all have a line', () => {
    expect(linesOf(brakes.slice(0, 2), 2).rest).toBe(0)
  })

  it('says nothing of what a brake does not do', () => {
    expect(effectsOf({ held: 2, under_way: 1 })).toEqual([
      { key: 'held', count: 2 },
      { key: 'under_way', count: 1 },
    ])
    expect(effectsOf({ held: 0, under_way: 1 })).toEqual([{ key: 'under_way', count: 1 }])
    expect(effectsOf({ held: 0, under_way: 0 })).toEqual([])
  })
})

describe('where to pull', () => {
  const scopes = [scope(null, false), scope(1, true), scope(2, true, 7), scope(3, true)]

  it('is only where the reader may and none is on', () => {
    const { free, on, refused } = choicesOf(scopes)
    expect([free, on, refused].map((list) => list.map(nameOfScope))).toEqual([['dc1', 'dc3'], ['dc2'], ['everywhere']])
  })

  it('is what the address names, but never a place that cannot be pulled', () => {
    const { free } = choicesOf(scopes)
    expect(chosenOf(free, 'dc3')?.cluster?.id).toBe(3)
    expect(chosenOf(free, 'dc2')).toBeUndefined()
    expect(chosenOf(free, 'everywhere')).toBeUndefined()
  })

  it('is chosen by itself only where there is no other', () => {
    expect(chosenOf([scope(1, true), scope(3, true)], undefined)).toBeUndefined()
    expect(chosenOf([scope(1, true)], undefined)?.cluster?.id).toBe(1)
  })
})

it('a step is held by a brake that is on, not by a brake that was refused', () => {
  expect(
    ['brake.on', 'brake.on_cluster', 'brake.on_already', 'outside.unavailable'].map((code) => isHeld({ code })),
  ).toEqual([true, true, false, false])
  expect(isHeld(null)).toBe(false)
})
