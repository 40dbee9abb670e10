/** The form of a migration state: which weights fit a state, addresses one a line, what saving would change. Pure. */
import type { Schemas } from '@/lib/api/client'

export type Revision = Schemas['Migration']
export type State = Schemas['MigrationState']
export const STATES = ['vm', 'mixed', 'container'] as const satisfies readonly State[]

/** `servers` as typed: one address a line. */
export type Form = { state: State; weight: number; servers: string }

/** The first share of a project that has served nothing from containers yet. */
const FIRST_SHARE = 10

export const formOf = ({ state, container_weight, container_servers }: Revision): Form => ({
  state,
  weight: container_weight,
  servers: container_servers.join('\n'),
})

/** A state with the weight it asks for; between the two, the weight that was there if it is one between. */
export function withState(form: Form, state: State): Form {
  if (state !== 'mixed') return { ...form, state, weight: state === 'vm' ? 0 : 100 }
  return { ...form, state, weight: form.weight > 0 && form.weight < 100 ? form.weight : FIRST_SHARE }
}

export const serversOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean)

export type Field = keyof Form

/** What differs, in the order of the form. */
export function changedIn(before: Form, after: Form): Field[] {
  const servers = serversOf(before.servers).join('\n') !== serversOf(after.servers).join('\n')
  return [
    ...(before.state === after.state ? [] : ['state' as const]),
    ...(before.weight === after.weight ? [] : ['weight' as const]),
    ...(servers ? ['servers' as const] : []),
  ]
}
