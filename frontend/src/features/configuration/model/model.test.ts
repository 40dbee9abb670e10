/** What the form makes of schemas, documents, findings, quotas and YAML. */
import { describe, expect, test } from 'vitest'
import { over, placed, valueAt, withChanges } from './document'
import {
  byPlace,
  metNow,
  placeOf,
  placesOf,
  problemsByPlace,
  problemsOf,
  stopsOf,
  tallyOf,
  type Finding,
} from './findings'
import { linesOf, litBy } from './lines'
import { amountOf, amountText, barsOf } from './quota'
import { controlOf, obstacleOf, sectionsOf, unknownWord, type Node } from './schema'
import { shapeProblems } from './shape'

const PROBE: Node = {
  type: ['object', 'null'],
  additionalProperties: false,
  'x-default': { type: 'http', path: '/healthz', port: '{ports.0.port}' },
  properties: {
    type: { type: 'string', enum: ['http', 'tcp', 'exec'], 'x-default': 'http' },
    path: { type: 'string', maxLength: 1024 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    initial_delay_seconds: { type: 'integer', minimum: 0, maximum: 3600, 'x-default': 0 },
  },
}
const SCHEMA: Node = {
  type: 'object',
  additionalProperties: false,
  properties: {
    replicas: { type: 'integer', minimum: 0, maximum: 200, title: 'configuration.replicas', 'x-group': 'scale' },
    resources: {
      type: 'object',
      additionalProperties: false,
      'x-group': 'resources',
      'x-default': {},
      properties: {
        cpu_limit: { type: 'string', maxLength: 20, 'x-default': '1' },
        memory_limit: { type: 'string', maxLength: 20, 'x-default': '1Gi' },
      },
    },
    probes: {
      type: 'object',
      additionalProperties: false,
      'x-group': 'health',
      'x-default': {},
      properties: { readiness: PROBE, liveness: PROBE },
    },
    environment: {
      type: 'array',
      'x-group': 'process',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: { name: { type: 'string', title: 'Name' }, value: { type: 'string', 'x-default': '' } },
      },
    },
  },
}
const WHOLE = {
  replicas: 3,
  resources: { cpu_limit: '1', memory_limit: '1Gi' },
  probes: {
    readiness: { type: 'http', path: '/healthz', port: 8080, initial_delay_seconds: 20 },
    liveness: null,
  },
  environment: [{ name: 'LOG', value: 'info' }],
}
const finding = (standard: string, level: 'deny' | 'warn', field: string): Finding => ({
  standard,
  level,
  field,
  suggestion: [],
  sentence_en: '',
  sentence_zh: '',
  reason_en: '',
  reason_zh: '',
})

describe('the schema', () => {
  test('a word this form does not know is found, however deep, and no known word is', () => {
    expect(unknownWord(SCHEMA)).toBeNull()
    expect(unknownWord({ type: 'object', properties: { a: { type: 'string', oneOf: [] } as Node } })).toBe('oneOf')
    expect(obstacleOf({ type: 'object', properties: { a: { type: 'string', oneOf: [] } as Node } })).toBeNull()
    expect(unknownWord({ type: 'array', items: { $ref: '#/x' } as Node })).toBe('$ref')
  })

  test('the control follows type and limits', () => {
    const of = (node: Node) => controlOf(node)
    expect(of({ type: 'string', enum: ['a', 'b'] })).toBe('choice')
    expect(of({ type: ['integer', 'null'] })).toBe('whole')
    expect(of({ type: 'boolean' })).toBe('question')
    expect(of({ type: 'string', maxLength: 20 })).toBe('text')
    expect(of({ type: 'string', maxLength: 1 << 20 })).toBe('long')
    expect(of({ type: 'array', items: { type: 'string', maxLength: 4096 } })).toBe('words')
    expect(of(SCHEMA.properties?.environment ?? {})).toBe('rows')
    expect(of({ type: 'object', additionalProperties: { type: 'string' } })).toBe('labels')
    expect(of(PROBE)).toBe('group')
    expect(of({ type: ['string', 'integer'] })).toBe('odd')
  })

  test('sections stand in the order in which their groups first appear', () => {
    expect(sectionsOf(SCHEMA).map((one) => one.group)).toEqual(['scale', 'resources', 'health', 'process'])
  })
})

describe('the document', () => {
  test('a member set alone leaves its neighbours to the server', () => {
    expect(placed({}, '/resources/cpu_limit', '2', SCHEMA, WHOLE)).toEqual({ resources: { cpu_limit: '2' } })
  })

  test('what is computed as a whole comes along when one part of it is set', () => {
    expect(placed({}, '/probes/readiness/initial_delay_seconds', 60, SCHEMA, WHOLE)).toEqual({
      probes: { readiness: { ...WHOLE.probes.readiness, initial_delay_seconds: 60 } },
    })
  })

  test('a list is set as a whole, the computed one taken over', () => {
    expect(placed({}, '/environment/0/value', 'debug', SCHEMA, WHOLE)).toEqual({
      environment: [{ name: 'LOG', value: 'debug' }],
    })
  })

  test('taken away, a member is absent and not empty', () => {
    expect(placed({ replicas: 5 }, '/replicas', undefined, SCHEMA, WHOLE)).toEqual({})
  })

  test('what a person set lies over what was computed; a list is one thing', () => {
    const set = { replicas: 5, resources: { cpu_limit: '2' }, environment: [] }
    expect(over(set, WHOLE)).toEqual({
      ...WHOLE,
      replicas: 5,
      resources: { cpu_limit: '2', memory_limit: '1Gi' },
      environment: [],
    })
  })

  test('a suggestion is taken back exactly, what came along with it too, and later edits stay', () => {
    const before = { replicas: 4 }
    const suggestion = [
      { path: '/probes/readiness/initial_delay_seconds', value: 60 },
      { path: '/replicas', value: 6 },
    ]
    const [after, back] = withChanges(before, suggestion, SCHEMA, WHOLE)
    expect(valueAt(after, '/probes/readiness/initial_delay_seconds')).toBe(60)
    expect(after.replicas).toBe(6)
    const edited = placed(after, '/resources/cpu_limit', '2', SCHEMA, WHOLE)
    const undone = back.reduce((doc, { path, value }) => placed(doc, path, value, SCHEMA, WHOLE), edited)
    expect(undone).toEqual({ replicas: 4, resources: { cpu_limit: '2' } })
  })
})

test('the shape says type, limits and what is missing, by pointer; what is absent is computed and no problem', () => {
  const called = (node: Node) => node.title ?? ''
  expect(shapeProblems({}, SCHEMA, called)).toEqual({})
  expect(
    shapeProblems({ replicas: 201, resources: { cpu_limit: 2 }, environment: [{ value: 'x' }] }, SCHEMA, called),
  ).toEqual({
    '/replicas': [{ code: 'configuration.too_large', params: { name: 'configuration.replicas', limit: 200 } }],
    '/resources/cpu_limit': [{ code: 'configuration.wrong_type', params: { name: 'cpu_limit', types: ['string'] } }],
    '/environment/0/name': [{ code: 'configuration.missing', params: { name: 'Name' } }],
  })
})

describe('findings', () => {
  const places = placesOf(SCHEMA, WHOLE)

  test('stand at their field, else at what is around it, else at the top', () => {
    expect(placeOf('/probes/readiness/port', places)).toBe('/probes/readiness/port')
    expect(placeOf('/probes/liveness/port', places)).toBe('/probes/liveness')
    expect(placeOf('/image', places)).toBe('')
  })

  test('denials come first in the order of the form, then what is not explained in ten characters', () => {
    const list = [
      finding('image.tag', 'warn', ''),
      finding('probes.liveness', 'deny', '/probes/liveness'),
      finding('replicas.least', 'warn', '/replicas'),
    ]
    const stops = stopsOf(
      new Map([['/environment/0/name', []]]),
      byPlace(list, places),
      { 'image.tag': 'A hotfix, see 88' },
      places,
    )
    expect(stops).toEqual([
      { place: '/probes/liveness', standard: 'probes.liveness' },
      { place: '/environment/0/name', standard: null },
      { place: '/replicas', standard: 'replicas.least' },
    ])
    expect(tallyOf(list, { 'image.tag': 'A hotfix, see 88', 'replicas.least': 'short' })).toEqual({
      deny: 1,
      warn: 1,
      explained: 1,
    })
  })

  test('one that was seen and is gone is met', () => {
    const [a, b] = [finding('a', 'deny', '/replicas'), finding('b', 'warn', '/replicas')]
    expect(metNow([a, b], [b])).toEqual([a])
  })

  test('of an API error only pointers are places, and one code is told once', () => {
    const reason = { code: 'configuration.too_large', params: {} }
    const fields = { '/replicas': [reason], note: [{ code: 'too_long', params: {} }] }
    expect(problemsOf(fields)).toEqual({ '/replicas': [reason] })
    expect(problemsByPlace([{ '/replicas': [reason] }, problemsOf(fields)], places)).toEqual(
      new Map([['/replicas', [reason]]]),
    )
  })
})

describe('quotas', () => {
  test('amounts are read as Kubernetes writes them', () => {
    expect(['500m', '2', '1Gi', '1G', '1e3', ''].map(amountOf)).toEqual([0.5, 2, 2 ** 30, 1e9, 1000, null])
    expect(amountOf('1g')).toBeNull()
    expect([amountText('requests.cpu', 1.256), amountText('limits.memory', 1.5 * 2 ** 30)]).toEqual(['1.26', '1.5 GiB'])
  })

  test('the bar is the tightest cluster’s, its own pods given back', () => {
    const quota = (used: string) => ({
      name: 'q',
      hard: { pods: '20' },
      used: { pods: used },
      asked: { pods: '10' },
      own: { pods: '4' },
    })
    expect(
      barsOf([
        { cluster: 'dc1', quotas: [quota('8')] },
        { cluster: 'dc2', quotas: [quota('16')] },
      ]),
    ).toEqual([{ resource: 'pods', cluster: 'dc2', quota: 'q', hard: 20, used: 12, asked: 10, left: -2 }])
  })
})

describe('lines of the YAML', () => {
  const yaml = [
    '---',
    'kind: Deployment',
    'spec:',
    '  replicas: 3',
    '  template:',
    '    spec:',
    '      containers:',
    '      - name: app',
    '        resources:',
    '          requests:',
    '            cpu: "1"',
    '          limits:',
    '            cpu: "2"',
    '        readinessProbe:',
    '          initialDelaySeconds: 30',
    '        livenessProbe:',
    '          initialDelaySeconds: 40',
    '      terminationGracePeriodSeconds: 40',
    '---',
    'apiVersion: v1',
    'kind: Service',
    'spec:',
    '  type: ClusterIP',
  ].join('\n')
  const lit = (pointer: string) => {
    const lines = linesOf(yaml)
    return [...litBy(pointer, lines)].map((index) => lines[index]?.text.trim())
  }

  test('a field lights what it becomes, and nothing that looks like it', () => {
    expect(lit('/replicas')).toEqual(['replicas: 3'])
    expect(lit('/resources/cpu_limit')).toEqual(['cpu: "2"'])
    expect(lit('/probes/liveness/initial_delay_seconds')).toEqual(['initialDelaySeconds: 40'])
    expect(lit('/probes/readiness')).toEqual(['readinessProbe:', 'initialDelaySeconds: 30'])
    expect(lit('/exposure/inside_only')).toEqual(['type: ClusterIP'])
    expect(lit('/shutdown/grace_seconds')).toEqual(['terminationGracePeriodSeconds: 40'])
  })

  test('what becomes no line lights none', () => {
    expect(lit('/importance')).toEqual([])
  })
})
