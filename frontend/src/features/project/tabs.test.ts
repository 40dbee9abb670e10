import { describe, expect, it } from 'vitest'
import { sameTab, tabOf } from './tabs'

describe('switching the project', () => {
  it('keeps the list of releases and the tab of the settings', () => {
    expect(sameTab('/p/book-api-n1/releases', 'pay-gate-n1')).toBe('/p/pay-gate-n1/releases')
    expect(sameTab('/p/book-api-n1/settings/people', 'pay-gate-n1')).toBe('/p/pay-gate-n1/settings/people')
  })

  it('keeps the configuration, but not the form of one workload', () => {
    expect(sameTab('/p/book-api-n1/configuration/production/book-api-n1', 'pay-gate-n1')).toBe(
      '/p/pay-gate-n1/configuration',
    )
    expect(tabOf('/p/book-api-n1/configuration/production/book-api-n1')).toBe('configuration')
  })

  it('keeps workloads and terminals, but not the pods of one workload', () => {
    expect(sameTab('/p/book-api-n1/workloads/7', 'pay-gate-n1')).toBe('/p/pay-gate-n1/workloads')
    expect(sameTab('/p/book-api-n1/terminals', 'pay-gate-n1')).toBe('/p/pay-gate-n1/terminals')
    expect([tabOf('/p/book-api-n1/workloads/7'), tabOf('/p/book-api-n1/terminals')]).toEqual(['workloads', 'terminals'])
  })

  it('leaves behind what only the old project has', () => {
    expect(sameTab('/p/book-api-n1/releases/20261120-183205-u17', 'pay-gate-n1')).toBe('/p/pay-gate-n1/releases')
    expect(sameTab('/p/book-api-n1/promote', 'pay-gate-n1')).toBe('/p/pay-gate-n1')
  })
})

describe('the marked tab', () => {
  it('is the overview at the root, also with a slash at the end', () => {
    expect(tabOf('/p/book-api-n1')).toBe('overview')
    expect(tabOf('/p/book-api-n1/')).toBe('overview')
  })

  it('is Releases on a version and none on a form', () => {
    expect(tabOf('/p/book-api-n1/releases/20261120-183205-u17')).toBe('releases')
    expect(tabOf('/p/book-api-n1/rollback')).toBeNull()
  })
})
