/** The rows the portal has to be asked for: projects, tickets, versions, people. A failed question gives no rows. */
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api, body, type Schemas } from '@/lib/api/client'
import { peopleQuery, pinsQuery, projectsQuery, releasesQuery, ticketQuery } from '@/lib/api/queries'
import { useMe } from '@/lib/me'
import { recent } from '@/lib/recent'
import type { Item } from './items'
import type { Mode, Recognised } from './recognise'

type Ticket = Pick<Schemas['Ticket'], 'id' | 'kind' | 'status' | 'title' | 'project' | 'environment' | 'release'>

const RECENT = 100
/** Before anything is typed: enough to go back, few enough to see the places below. */
const PROJECTS_FIRST = 4
const TICKETS_FIRST = 4
const PEOPLE = 8

/** The tickets this person may see, newest first: enough to find one by its words, its tag or its commit. */
const recentTicketsQuery = queryOptions({
  queryKey: ['tickets', 'palette'],
  queryFn: ({ signal }) => body(api.GET('/api/v1/tickets/', { params: { query: { limit: RECENT } }, signal })),
  staleTime: 30_000,
})

/** Tickets whose tag begins so. */
const byTagQuery = (tag: string) =>
  queryOptions({
    queryKey: ['tickets', 'palette', tag],
    queryFn: ({ signal }) => body(api.GET('/api/v1/tickets/', { params: { query: { q: tag, limit: 20 } }, signal })),
    enabled: tag !== '',
    staleTime: 30_000,
  })

const byDigestQuery = (digest: string) =>
  queryOptions({ ...releasesQuery({ digest }, 20), enabled: digest !== '', staleTime: 30_000 })

export function useProjectRows(query: string, mode: Mode): Item[] {
  const me = useMe()
  const { project: here } = useParams({ strict: false })
  const pins = useQuery(pinsQuery).data
  const found = useQuery({
    ...projectsQuery({ q: query || undefined, limit: 20 }),
    enabled: mode === 'all',
    placeholderData: keepPreviousData,
  }).data
  const row = (slug: string, name?: string): Item => ({
    id: `project:${slug}`,
    group: 'go',
    label: slug,
    hint: name === slug ? undefined : name,
    href: `/p/${slug}`,
  })
  const known = new Map((found?.results ?? []).map((project) => [project.slug, project]))
  const first = new Set([...recent(me.id, 'projects'), ...(pins ?? []).map((pin) => pin.slug)])
  const nearest = [...first].filter((slug) => slug !== here).slice(0, query ? undefined : PROJECTS_FIRST)
  return [
    ...nearest.map((slug) => row(slug, known.get(slug)?.name)),
    ...[...known.values()].map((project) => ({ ...row(project.slug, project.name), onlyTyped: true })),
  ]
}

function useTicketRow() {
  const { t } = useTranslation('frame')
  const { t: common } = useTranslation()
  return (ticket: Ticket, more: Partial<Item> = {}): Item => {
    const place = { project: ticket.project.slug, env: ticket.environment?.slug ?? '' }
    const kind = ticket.environment ? ticket.kind : ''
    const words = t(`ticket.${kind}` as 'ticket.release', { ...place, defaultValue: ticket.title })
    const status = common(`status.${ticket.status}` as 'status.running', { defaultValue: ticket.status })
    return {
      id: `ticket:${ticket.id}`,
      group: 'go',
      label: `#${ticket.id} ${words}`,
      hint: status,
      words: ticket.release?.tag ?? '',
      href: `/tickets/${ticket.id}`,
      onlyTyped: true,
      ...more,
    }
  }
}

export function useTicketRows({ mode, thing }: Recognised): Item[] {
  const row = useTicketRow()
  const id = thing?.kind === 'ticket' ? thing.id : null
  const list = useQuery({ ...recentTicketsQuery, enabled: mode === 'all' || mode === 'tickets' }).data
  const one = useQuery({ ...ticketQuery(id), retry: false, refetchInterval: false }).data
  const rows = (list?.results ?? []).map((ticket, index) =>
    row(ticket, { onlyTyped: mode !== 'tickets' && index >= TICKETS_FIRST }),
  )
  return one && one.id === id ? [row(one, { exact: true }), ...rows] : rows
}

/** A pasted tag, digest or commit: the versions it names, each straight to its page. */
export function useThingRows({ thing }: Recognised): Item[] {
  const tag = thing?.kind === 'tag' ? thing.text : ''
  const hex = thing?.kind === 'hex' ? thing.text : ''
  const digest = thing?.kind === 'hex' ? (thing.digest ?? '') : ''
  const list = useQuery({ ...recentTicketsQuery, enabled: Boolean(tag || hex) }).data
  const tagged = useQuery(byTagQuery(tag)).data
  const exact = useQuery(byDigestQuery(digest)).data
  const found = new Map<string, Item>()
  const add = (project: string, version: string, hint: string) => {
    const id = `version:${project}/${version}`
    found.set(id, {
      id,
      group: 'go',
      label: version,
      hint,
      href: `/p/${project}/releases/${encodeURIComponent(version)}`,
      exact: true,
    })
  }
  for (const release of exact?.results ?? []) add(release.project.slug, release.tag, release.project.slug)
  if (tag || hex) {
    for (const { release, project } of [...(tagged?.results ?? []), ...(list?.results ?? [])]) {
      if (!release?.tag) continue
      const isIt = tag
        ? release.tag.startsWith(tag)
        : release.commit.startsWith(hex) || release.digest?.startsWith(`sha256:${hex}`)
      if (isIt) add(project.slug, release.tag, `${project.slug} · ${release.commit_title}`)
    }
  }
  return [...found.values()]
}

/** People lead to their account for who manages accounts, else to what they released in the open project. */
export function usePeopleRows({ mode, query }: Recognised): Item[] {
  const { t } = useTranslation('frame')
  const me = useMe()
  const { project } = useParams({ strict: false })
  const manages = me.may['user.manage'] === true
  const wanted = (mode === 'people' || (mode === 'all' && query.length >= 2)) && (manages || Boolean(project))
  const people = useQuery({ ...peopleQuery(query), enabled: wanted, placeholderData: keepPreviousData }).data
  if (!wanted) return []
  return (people?.results ?? []).slice(0, PEOPLE).map(({ username, display_name }) => ({
    id: `person:${username}`,
    group: 'people',
    label: display_name || username,
    hint: manages ? username : t('go.releases_by', { name: username, project: project ?? '' }),
    words: username,
    href: manages
      ? `/admin/people?q=${encodeURIComponent(username)}`
      : `/p/${project}/releases?by=${encodeURIComponent(username)}`,
  }))
}
