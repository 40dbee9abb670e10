/** How brakes are shown: in which order, how many of them, and where one may still be pulled. Pure. */
import type { Schemas } from '@/lib/api/client'

export type Brake = Schemas['Brake']
export type Scope = Schemas['BrakeScope']

export const EVERYWHERE = 'everywhere'
/** What the server takes as a reason or a comment. */
export const SHORTEST = 3
export const LONGEST = 500

/** How a scope is called in the address of the page. */
export const nameOfScope = ({ cluster }: Pick<Scope, 'cluster'>): string => cluster?.name ?? EVERYWHERE

/** The one over everything first, then the newest. */
export const inOrder = (brakes: readonly Brake[]): Brake[] =>
  brakes.toSorted(
    (a, b) => Number(a.cluster !== null) - Number(b.cluster !== null) || b.pulled_at.localeCompare(a.pulled_at),
  )

/** The lines of the band, and how many brakes have none. */
export function linesOf(brakes: readonly Brake[], most: number): { shown: Brake[]; rest: number } {
  const all = inOrder(brakes)
  return { shown: all.slice(0, most), rest: Math.max(0, all.length - most) }
}

export type Effect = { key: 'held' | 'under_way'; count: number }

/** What a brake does now, without what it does not do. */
export const effectsOf = ({ held, under_way }: Pick<Brake, 'held' | 'under_way'>): Effect[] =>
  [
    { key: 'held' as const, count: held },
    { key: 'under_way' as const, count: under_way },
  ].filter(({ count }) => count > 0)

export type Choices = { free: Scope[]; on: Scope[]; refused: Scope[] }

/** Where the reader may pull now, where it is on already, and where it is not his to pull. */
export function choicesOf(scopes: readonly Scope[]): Choices {
  const allowed = scopes.filter((scope) => scope.may_pull.allowed)
  return {
    free: allowed.filter((scope) => scope.brake === null),
    on: allowed.filter((scope) => scope.brake !== null),
    refused: scopes.filter((scope) => !scope.may_pull.allowed),
  }
}

/** The scope the address names, if it may be pulled; the only one there is needs no choosing. */
export const chosenOf = (free: readonly Scope[], at: string | undefined): Scope | undefined =>
  free.find((scope) => nameOfScope(scope) === at) ?? (free.length === 1 ? free[0] : undefined)
