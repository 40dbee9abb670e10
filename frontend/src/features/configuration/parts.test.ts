/** Exposure, probes, the address of the form, and the chart as an archive. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { firstPort, membersOf, withType } from './form/probes'
import { serviceOf } from './form/Exposure'
import { chartName, tarOf } from './model/chart'
import { forAnotherEnvironment, startOf } from './start'

describe('exposure and probes', () => {
  test('two questions make one of three Services, and none without ports', () => {
    const ports = [{ name: 'http', port: 8080 }]
    expect(serviceOf('service', ports, { inside: true, host: '' })).toBe('inside')
    expect(serviceOf('service', ports, { inside: false, host: 'book.example' })).toBe('ingress')
    expect(serviceOf('service', ports, { inside: false, host: '' })).toBe('balancer')
    expect(serviceOf('worker', [], { inside: true, host: '' })).toBe('none')
  })

  test('with its type a probe changes what it asks, and keeps its times', () => {
    const probe = { type: 'http', path: '/ok', port: 9000, period_seconds: 5 }
    expect(withType(probe, 'exec', 8080)).toEqual({ type: 'exec', command: [''], period_seconds: 5 })
    expect(withType(probe, 'tcp', 8080)).toEqual({ type: 'tcp', port: 9000, period_seconds: 5 })
    expect(withType({}, 'http', firstPort({ ports: [{ port: 81 }] }))).toEqual({
      type: 'http',
      path: '/healthz',
      port: 81,
    })
    expect(membersOf({ type: 'tcp' })).not.toContain('path')
  })
})

test('the address says what the form begins with; anything else is what is in force', () => {
  expect(startOf('default')).toEqual({ kind: 'default' })
  expect(startOf('env-test-a')).toEqual({ kind: 'environment', slug: 'test-a' })
  expect(startOf('revision-12')).toEqual({ kind: 'revision', number: 12 })
  expect(startOf('preset-7')).toEqual({ kind: 'preset', id: 7 })
  expect([startOf(undefined), startOf('revision-x')]).toEqual([{ kind: 'force' }, { kind: 'force' }])
})

test('another environment begins without the host and the addresses of this one', () => {
  const exposure = { inside_only: false, host: 'pay.example' }
  const hosts = { of_environment: true, entries: [{ ip: '10.0.0.1', names: ['db'] }] }
  expect(forAnotherEnvironment({ replicas: 2, exposure, hosts })).toEqual({
    replicas: 2,
    hosts: { of_environment: true },
  })
  expect(forAnotherEnvironment({ exposure: { inside_only: true, host: '' } })).toEqual({
    exposure: { inside_only: true, host: '' },
  })
})

test('the chart is an archive that tar itself reads', () => {
  const files = { 'Chart.yaml': 'name: book\nversion: 0.1.7\n', 'templates/service.yaml': 'x: 服务\n'.repeat(200) }
  expect(chartName(files, 'other')).toBe('book')
  const folder = mkdtempSync(join(tmpdir(), 'chart-'))
  writeFileSync(join(folder, 'chart.tar'), tarOf('book', files))
  execFileSync('tar', ['-xf', 'chart.tar'], { cwd: folder })
  for (const [path, text] of Object.entries(files)) expect(readFileSync(join(folder, 'book', path), 'utf8')).toBe(text)
})
