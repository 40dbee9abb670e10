/** Where one can go from everywhere, for the sidebar, the bottom bar and the palette. What one may not open is absent. */
import { useQuery } from '@tanstack/react-query'
import { Boxes, Inbox, Milestone, Settings2, SquareTerminal, Ticket, type LucideIcon } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '@/lib/api/client'
import { firstHourQuery, inboxQuery } from '@/lib/api/queries'
import { myShellsQuery } from '@/lib/api/queries/shells'
import { useMe } from '@/lib/me'

export type Place = {
  to: '/inbox' | '/projects' | '/tickets' | '/terminals' | '/first-hour' | '/admin'
  label: string
  Icon: LucideIcon
  count?: number
  keys?: string
  /** not under the thumb: the phone's bar has five */
  isWide?: boolean
}

const ADMIN_ACTIONS = ['user.manage', 'environment.manage', 'cluster.manage', 'integration.manage']

export const mayAdminister = (me: Schemas['Me']): boolean =>
  me.is_instance_admin || ADMIN_ACTIONS.some((action) => me.may[action])

/** One word for the kind of work somebody does; the widest one wins. */
export function roleOf(me: Schemas['Me']): 'admin' | 'ops' | 'owner' | 'tester' | 'developer' | 'visitor' {
  if (me.is_instance_admin) return 'admin'
  if (me.roles.includes('ops')) return 'ops'
  if (me.owns_projects) return 'owner'
  if (me.roles.includes('tester')) return 'tester'
  return me.roles.includes('developer') ? 'developer' : 'visitor'
}

export function usePlaces(): { main: Place[]; foot: Place[] } {
  const { t } = useTranslation('frame')
  const me = useMe()
  const waiting = useQuery(inboxQuery('needs')).data?.counts.needs
  const shells = useQuery(myShellsQuery).data?.results.length
  const firstHour = useQuery({ ...firstHourQuery, enabled: me.is_instance_admin }).data
  const main: Place[] = [
    { to: '/inbox', label: t('nav.inbox'), Icon: Inbox, count: waiting, keys: 'g i' },
    { to: '/projects', label: t('nav.projects'), Icon: Boxes, keys: 'g p' },
    { to: '/tickets', label: t('nav.tickets'), Icon: Ticket, keys: 'g k' },
    { to: '/terminals', label: t('nav.terminals'), Icon: SquareTerminal, count: shells, keys: 'g t', isWide: true },
  ]
  const foot: Place[] = []
  if (firstHour && !firstHour.done) foot.push({ to: '/first-hour', label: t('nav.first_hour'), Icon: Milestone })
  if (mayAdminister(me)) foot.push({ to: '/admin', label: t('nav.admin'), Icon: Settings2 })
  return { main, foot }
}
