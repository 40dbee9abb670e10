import { expect, it } from 'vitest'
import { nextStep, STEPS, whereOf } from './steps'

it('offers the first open step, and nothing when all are done', () => {
  const steps = STEPS.map((name) => ({ name, done: name !== 'cluster' && name !== 'people' }))
  expect(nextStep(steps)).toBe('cluster')
  expect(nextStep(STEPS.map((name) => ({ name, done: true })))).toBeNull()
})

it('leads into a project only where there is one', () => {
  expect(whereOf('workload', undefined)).toEqual({ to: '/projects' })
  expect(whereOf('first_release', 'web')).toEqual({ to: '/p/$project/releases/new', params: { project: 'web' } })
  expect(whereOf('registry', undefined)).toEqual({ to: '/admin/integrations', search: { kind: 'registry' } })
})

it('leads to what there is once a step is done, not to making another', () => {
  expect(whereOf('project', 'web', true)).toEqual({ to: '/projects' })
  expect(whereOf('first_release', 'web', true)).toEqual({ to: '/tickets' })
})
