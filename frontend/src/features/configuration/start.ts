/** What a form begins with, as the address says it: `default`, `env-test`, `revision-3`, `preset-7`; nothing: what is in force. Pure. */
import type { Doc } from './model/document'
import { isPlain } from './model/schema'

export type Start =
  | { kind: 'force' }
  | { kind: 'default' }
  | { kind: 'environment'; slug: string }
  | { kind: 'revision'; number: number }
  | { kind: 'preset'; id: number }

export function startOf(text: string | undefined): Start {
  if (text === 'default') return { kind: 'default' }
  const [, slug] = /^env-([a-z0-9-]+)$/.exec(text ?? '') ?? []
  if (slug) return { kind: 'environment', slug }
  const [, kind, digits] = /^(revision|preset)-(\d{1,9})$/.exec(text ?? '') ?? []
  if (kind === 'revision') return { kind, number: Number(digits) }
  return kind === 'preset' ? { kind, id: Number(digits) } : { kind: 'force' }
}

/**
 * A document of one environment as another one begins with it: no host, which would be answered twice, with the answer
 * that asked for it; no addresses of that network. The server leaves the same out of presets.
 */
export function forAnotherEnvironment(document: Doc): Doc {
  const { exposure, hosts, ...rest } = document
  return {
    ...rest,
    ...(isPlain(exposure) && !exposure.host ? { exposure } : {}),
    ...(isPlain(hosts) && hosts.of_environment !== undefined
      ? { hosts: { of_environment: hosts.of_environment } }
      : {}),
  }
}
