/** Which lines of the resulting YAML a field of the form becomes: to light them, and to mark findings beside them. Pure. */

export type Line = { text: string; path: string }

/**
 * Every line with where it stands, as `Deployment/spec/replicas`; an entry of a list has its number. Reads what the
 * portal dumps (block style, two spaces), not any YAML: the inside of a block text belongs to its key.
 */
export function linesOf(yaml: string): Line[] {
  const found: Line[] = []
  const rows = yaml.replace(/\n$/, '').split('\n')
  let stack: { indent: number; name: string; count: number }[] = []
  let kind = ''
  rows.forEach((text, row) => {
    if (/^---/.test(text)) {
      stack = []
      kind = ''
      found.push({ text, path: '' })
      return
    }
    if (!kind) kind = kindFrom(rows, row)
    const start = text.length - text.trimStart().length
    let rest = text.trimStart()
    let indent = start
    const close = (from: number) => (stack = stack.filter((one) => one.indent < from))
    if (rest.startsWith('- ') || rest === '-') {
      const last = stack.findLast((one) => one.indent === indent && one.name === '-')
      const count = last ? last.count + 1 : 0
      stack = stack.filter((one) => one.indent < indent || (one.indent === indent && one.name !== '-'))
      stack.push({ indent, name: '-', count })
      rest = rest.slice(2)
      indent += 2
      close(indent)
    } else if (rest) close(indent)
    const key = /^("[^"]*"|'[^']*'|[^\s:#][^:]*):(?:\s|$)/.exec(rest)?.[1]
    if (key && rest) stack.push({ indent, name: key.replace(/^["']|["']$/g, ''), count: 0 })
    const path = [kind, ...stack.map((one) => (one.name === '-' ? String(one.count) : one.name))].join('/')
    found.push({ text, path })
  })
  return found
}

const kindFrom = (rows: readonly string[], from: number): string => {
  for (const row of rows.slice(from)) {
    if (row.startsWith('---')) return ''
    const match = /^kind: (\w+)/.exec(row)
    if (match) return match[1] ?? ''
  }
  return ''
}

const POD = '^(?:Deployment|CronJob)/.*/'
const ONE = `${POD}containers/\\d+/`
const PROBE_MEMBERS: Record<string, string> = {
  path: 'httpGet/path',
  port: '(?:httpGet|tcpSocket)/port',
  command: 'exec',
  initial_delay_seconds: 'initialDelaySeconds',
  period_seconds: 'periodSeconds',
  timeout_seconds: 'timeoutSeconds',
  failure_threshold: 'failureThreshold',
}
/** The nearest one counts: what is not here is looked for one step further out. */
const BECOMES: Record<string, string> = {
  '/replicas': '^Deployment/spec/replicas',
  '/autoscaling': '^HorizontalPodAutoscaler/',
  '/autoscaling/min': '^HorizontalPodAutoscaler/spec/minReplicas',
  '/autoscaling/max': '^HorizontalPodAutoscaler/spec/maxReplicas',
  '/autoscaling/cpu_percent': '^HorizontalPodAutoscaler/spec/metrics',
  '/autoscaling/memory_percent': '^HorizontalPodAutoscaler/spec/metrics',
  '/disruption': '^PodDisruptionBudget/',
  '/disruption/max_unavailable': '^PodDisruptionBudget/spec/maxUnavailable',
  '/resources': `${ONE}resources`,
  '/resources/cpu_request': `${ONE}resources/requests/cpu`,
  '/resources/cpu_limit': `${ONE}resources/limits/cpu`,
  '/resources/memory_request': `${ONE}resources/requests/memory`,
  '/resources/memory_limit': `${ONE}resources/limits/memory`,
  '/ports': `(?:^Service/spec/ports|${ONE}ports)`,
  '/exposure': '^(?:Service/spec/type|Ingress/)',
  '/hosts': `${POD}hostAliases`,
  '/shutdown': `(?:${ONE}lifecycle|${POD}terminationGracePeriodSeconds)`,
  '/shutdown/deregister': `${ONE}lifecycle`,
  '/shutdown/sleep_seconds': `${ONE}lifecycle`,
  '/shutdown/grace_seconds': `${POD}terminationGracePeriodSeconds`,
  '/command': `${ONE}command`,
  '/args': `${ONE}args`,
  '/environment': `${ONE}env`,
  '/secrets': `${ONE}env`,
  '/java': `${ONE}env`,
  '/time_zone': `${ONE}env`,
  '/pull_secret': `${POD}imagePullSecrets`,
  '/files': '^ConfigMap/',
  '/schedule': '^CronJob/spec/schedule',
  '/placement/spread': `${POD}(?:topologySpreadConstraints|affinity)`,
  '/placement/node_labels': `${POD}(?:nodeSelector|affinity/nodeAffinity)`,
}

function patternOf(pointer: string): string | null {
  const [, probe, member] = /^\/probes\/(readiness|liveness|startup)(?:\/(.*))?$/.exec(pointer) ?? []
  if (probe) return `${ONE}${probe}Probe${member && PROBE_MEMBERS[member] ? `/${PROBE_MEMBERS[member]}` : ''}`
  return BECOMES[pointer] ?? null
}

/** The numbers (from 0) of the lines a place becomes; empty when it becomes none. */
export function litBy(pointer: string, lines: readonly Line[]): Set<number> {
  for (let place = pointer; place; place = place.slice(0, place.lastIndexOf('/'))) {
    const pattern = patternOf(place)
    if (!pattern) continue
    const wanted = new RegExp(`${pattern}(?:/|$)`)
    return new Set(lines.flatMap((line, index) => (wanted.test(line.path) ? [index] : [])))
  }
  return new Set()
}
