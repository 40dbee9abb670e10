/** The English sentences of the first load, the server's own among them as `server`; and how a page gets the rest. Data only. */
import common from './common.json'
import frame from './frame.json'
import inbox from './inbox.json'
import ticket from './ticket.json'

const server: Record<string, string> = Object.assign(
  {},
  ...Object.values(import.meta.glob<Record<string, string>>('@messages/en/*.json', { eager: true, import: 'default' })),
)

/** A page names what it speaks in `app/router.tsx` or `app/routes.*.tsx`; here is where that is found. */
export const later = {
  access: () => import('./access.json'),
  admin: () => import('./admin.json'),
  auth: () => import('./auth.json'),
  brakes: () => import('./brakes.json'),
  configuration: () => import('./configuration.json'),
  filing: () => import('./filing.json'),
  firsthour: () => import('./firsthour.json'),
  hosts: () => import('./hosts.json'),
  intake: () => import('./intake.json'),
  migration: () => import('./migration.json'),
  overview: () => import('./overview.json'),
  projects: () => import('./projects.json'),
  release: () => import('./release.json'),
  releases: () => import('./releases.json'),
  settings: () => import('./settings.json'),
  standards: () => import('./standards.json'),
  templates: () => import('./templates.json'),
  terminals: () => import('./terminals.json'),
  verdict: () => import('./verdict.json'),
  workload: () => import('./workload.json'),
}

export default { common, frame, inbox, ticket, server }
