/** The four kinds of outside systems: where they live in the API and which fields they have. Data, and their reads and writes. */
import { queryOptions } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import { SYSTEM_PATH, systemsQuery, type SystemKind } from '@/lib/api/queries'
import type { Check } from './runCheck'

export type Kind = SystemKind
export type FieldKind = 'text' | 'mono' | 'url' | 'pem' | 'config' | 'registry' | 'secret' | 'switch'
export type FieldName =
  | 'name'
  | 'url'
  | 'api_url'
  | 'host'
  | 'token_host'
  | 'username'
  | 'token'
  | 'password'
  | 'data_centre'
  | 'registry'
  | 'pull_host'
  | 'rack_label'
  | 'ca_pem'
  | 'kubeconfig'
  | 'kubeconfig_context'
  | 'is_enabled'
export type FieldSpec = { name: FieldName; as: FieldKind; optional?: true; help?: true }
export type Value = string | boolean | null
export type Values = Partial<Record<FieldName, Value>>
export type Row = Values & {
  name: string
  is_enabled?: boolean
  last_check: { at: string; ok: boolean; checks: Check[] } | null
  credential_set_at: string | null
  credential_set_by: string | null
  uid?: string
  image_host?: string
}

const NAME: FieldSpec = { name: 'name', as: 'mono' }
const CA: FieldSpec = { name: 'ca_pem', as: 'pem', optional: true, help: true }
const ENABLED: FieldSpec = { name: 'is_enabled', as: 'switch' }

type KindSpec = { fields: readonly FieldSpec[]; address: FieldName; secret: 'token' | 'password' }

export const KINDS: Record<Kind, KindSpec> = {
  cluster: {
    address: 'api_url',
    secret: 'token',
    fields: [
      NAME,
      { name: 'data_centre', as: 'text', optional: true },
      { name: 'kubeconfig', as: 'config', optional: true, help: true },
      { name: 'kubeconfig_context', as: 'mono', optional: true, help: true },
      { name: 'api_url', as: 'url', help: true },
      CA,
      { name: 'token', as: 'secret' },
      { name: 'registry', as: 'registry', optional: true },
      { name: 'pull_host', as: 'mono', optional: true, help: true },
      { name: 'rack_label', as: 'mono', optional: true, help: true },
      ENABLED,
    ],
  },
  gitlab: {
    address: 'url',
    secret: 'token',
    fields: [NAME, { name: 'url', as: 'url' }, { name: 'token', as: 'secret', help: true }, CA, ENABLED],
  },
  jenkins: {
    address: 'url',
    secret: 'token',
    fields: [
      NAME,
      { name: 'url', as: 'url' },
      { name: 'username', as: 'mono' },
      { name: 'token', as: 'secret' },
      CA,
      ENABLED,
    ],
  },
  registry: {
    address: 'url',
    secret: 'password',
    fields: [
      NAME,
      { name: 'url', as: 'url' },
      { name: 'host', as: 'mono', help: true },
      { name: 'token_host', as: 'mono', optional: true, help: true },
      { name: 'username', as: 'mono', optional: true },
      { name: 'password', as: 'secret', optional: true },
      CA,
      ENABLED,
    ],
  },
}

/** `last_check` is but JSON in the schema, so the rows are read as what the test is known to write. */
export const connectionsQuery = (kind: Kind) =>
  queryOptions({ ...systemsQuery(kind), select: (systems) => systems as Row[] })

const ADD: Record<Kind, (values: Values) => Promise<unknown>> = {
  cluster: (values) => body(api.POST('/api/v1/clusters/', { body: values as Schemas['ClusterRequest'] })),
  gitlab: (values) => body(api.POST('/api/v1/gitlab-servers/', { body: values as Schemas['GitLabServerRequest'] })),
  jenkins: (values) =>
    body(api.POST('/api/v1/jenkins-controllers/', { body: values as Schemas['JenkinsControllerRequest'] })),
  registry: (values) => body(api.POST('/api/v1/registries/', { body: values as Schemas['RegistryRequest'] })),
}
type ByName = { params: { path: { name: string } } }
const CHANGE: Record<Kind, (row: ByName, values: Values) => Promise<unknown>> = {
  cluster: (row, values) =>
    body(api.PATCH('/api/v1/clusters/{name}/', { ...row, body: values as Schemas['PatchedClusterRequest'] })),
  gitlab: (row, values) =>
    body(
      api.PATCH('/api/v1/gitlab-servers/{name}/', { ...row, body: values as Schemas['PatchedGitLabServerRequest'] }),
    ),
  jenkins: (row, values) =>
    body(
      api.PATCH('/api/v1/jenkins-controllers/{name}/', {
        ...row,
        body: values as Schemas['PatchedJenkinsControllerRequest'],
      }),
    ),
  registry: (row, values) =>
    body(api.PATCH('/api/v1/registries/{name}/', { ...row, body: values as Schemas['PatchedRegistryRequest'] })),
}

/** What a form holds is what its kind's fields above say; the server has the last word. */
export const addConnection = async (kind: Kind, values: Values): Promise<Row> => (await ADD[kind](values)) as Row

export const changeConnection = async (kind: Kind, name: string, values: Values): Promise<Row> =>
  (await CHANGE[kind]({ params: { path: { name } } }, values)) as Row

export const testUrl = (kind: Kind, name: string): string =>
  `/api/v1/${SYSTEM_PATH[kind]}/${encodeURIComponent(name)}/test`

/** What a new row starts with, or what may be changed of one. Secrets are never read, so they start empty. */
export function editable(kind: Kind, row: Row | null): Values {
  const values: Values = {}
  for (const { name, as } of KINDS[kind].fields) {
    if (as === 'secret' || as === 'config' || name === 'kubeconfig_context') values[name] = ''
    else if (as === 'switch') values[name] = row?.is_enabled ?? true
    else values[name] = row?.[name] ?? (as === 'registry' ? null : '')
  }
  return values
}

/** A new row is sent without what was left empty, so that the portal's own defaults count. */
export const filled = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null))
