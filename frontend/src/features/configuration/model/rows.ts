/** What is configured, and what runs without a configuration, as one list in the order of the environments. Pure. */
import type { Schemas } from '@/lib/api/client'

type Configuration = Schemas['Configuration']

export type Row = {
  environment: string
  name: string
  current: Configuration['current']
  /** there are revisions, if only proposed ones */ isConfigured: boolean
}

/** Of a Service, the strictest of the objects (RFC 1035). */
export const WORKLOAD_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

type Seen = { environment: string; deployment: string }

export function rowsOf(
  configured: readonly Configuration[],
  workloads: readonly Seen[],
  environments: readonly string[],
): Row[] {
  const rows: Row[] = configured.map(({ environment, name, current }) => ({
    environment,
    name,
    current,
    isConfigured: true,
  }))
  for (const { environment, deployment } of workloads)
    if (!rows.some((row) => row.environment === environment && row.name === deployment))
      rows.push({ environment, name: deployment, current: null, isConfigured: false })
  const rank = (slug: string) => (environments.includes(slug) ? environments.indexOf(slug) : environments.length)
  return rows.sort((a, b) => rank(a.environment) - rank(b.environment) || a.name.localeCompare(b.name))
}
