import { describe, expect, it } from 'vitest'
import { checksOf } from './checks'
import { cell, factsOf, placeOf, target } from './fixtures'
import { jobOf } from './job'
import { targetsOf } from './types'

describe('what a pre-rollout Job says', () => {
  const output = {
    job: 'pay-pre-1',
    command: ['./migrate', '--up'],
    exit_code: 3,
    log: 'no column\n',
    log_is_cut: true,
  }

  it('is read from its step alone', () => {
    const run = { command: ['./migrate', '--up'], exitCode: 3, log: 'no column\n', isCut: true }
    expect(jobOf({ name: 'run_pre_rollout', output })).toEqual(run)
    expect(jobOf({ name: 'patch_image', output })).toBeNull()
  })

  it('is nothing before a Job was made, and takes no shape on trust', () => {
    expect(jobOf({ name: 'run_pre_rollout', output: null })).toBeNull()
    expect(jobOf({ name: 'run_pre_rollout', output: { note: { code: 'pre_rollout.no_longer' } } })).toBeNull()
    const odd = { job: 'j', command: 'rm', exit_code: '3', log: 7 }
    expect(jobOf({ name: 'run_pre_rollout', output: odd })).toEqual({
      command: [],
      exitCode: null,
      log: '',
      isCut: false,
    })
  })
})

describe('a card of a rollout', () => {
  it('names the command that runs before it', () => {
    const prepared = { ...target('dc1', 1), pre_rollout: { command: ['./migrate', '--up'], timeout_seconds: 60 } }
    expect(targetsOf({ kind: 'promote', targets: [prepared, target('dc2', 2)] }).map((one) => one.preRollout)).toEqual([
      './migrate --up',
      '',
    ])
  })

  it('does not warn of a Deployment that it makes itself', () => {
    const missing = cell('dc1', 1, { exists: false, will_be_made: true })
    const gone = cell('dc2', 2, { exists: false })
    const facts = factsOf({}, { environment: { data: placeOf({ cells: [missing, gone] }), failed: false } })
    const seen = checksOf(facts).filter((one) => /^(made|gone):/.test(one.name))
    expect(seen.map((one) => [one.name, one.tone])).toEqual([
      ['gone:dc2', 'bad'],
      ['made:dc1', 'ok'],
    ])
  })
})
