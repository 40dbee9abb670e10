/** What an API token may be used for, in groups people understand. A token never may more than its owner. Pure. */

export const SCOPE_GROUPS = {
  read: [
    'project.list',
    'project.read',
    'ticket.read',
    'release.read',
    'build.read',
    'board.read',
    'workload.read',
    'environment.read',
    'cluster.read',
    'catalog.read',
    'configuration.read',
    'standard.read',
    'hosts.read',
    'grant.read',
    'inbox.read',
    'me.read',
  ],
  release: ['release.request'],
  promote: ['promote.request'],
  roll_back: ['roll_back.request'],
  configure: ['configuration.propose'],
  verdict: ['verdict.give'],
  operate: ['ticket.cancel', 'ticket.retry', 'ticket.comment'],
  decide: ['ticket.approve', 'ticket.review'],
  audit: ['audit.read'],
} as const

export type ScopeGroup = keyof typeof SCOPE_GROUPS
export const GROUPS = Object.keys(SCOPE_GROUPS) as ScopeGroup[]

/** The scopes to ask for, each once. */
export const scopesOf = (groups: ScopeGroup[]): string[] => [
  ...new Set(groups.flatMap((group) => [...SCOPE_GROUPS[group]])),
]

const covers = (scope: string, action: string): boolean =>
  scope === '*' || scope === action || (scope.endsWith('.*') && action.startsWith(scope.slice(0, -1)))

/** The groups that scopes cover whole, and the scopes that belong to none of those. */
export function groupsOf(scopes: string[]): { groups: ScopeGroup[]; rest: string[] } {
  const groups = GROUPS.filter((group) =>
    SCOPE_GROUPS[group].every((action) => scopes.some((scope) => covers(scope, action))),
  )
  const told = new Set(scopesOf(groups))
  return { groups, rest: scopes.filter((scope) => !told.has(scope)) }
}

const DAY = 86_400_000
export const LIFETIMES = [7, 30, 90, 365] as const

/** The end of a token; an hour is left of the longest, because our clock may run ahead of the server's. */
export const endAfter = (days: number, now: number): string =>
  new Date(now + days * DAY - (days >= 365 ? DAY / 24 : 0)).toISOString()

export type TokenState = 'live' | 'ended' | 'revoked'
export function tokenState(token: { expires_at: string; revoked_at: string | null }, now: number): TokenState {
  if (token.revoked_at) return 'revoked'
  return new Date(token.expires_at).getTime() <= now ? 'ended' : 'live'
}
