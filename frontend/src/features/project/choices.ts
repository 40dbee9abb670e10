/** Which projects the switcher offers, in which order: recent first, pinned next, then the rest; never the open one. */

export type From = 'recent' | 'pinned' | 'all'
export type Choice = { slug: string; name?: string; from: From }
type Known = { slug: string; name: string }

const RECENT_SHOWN = 5

const answers = (project: { slug: string; name?: string }, query: string): boolean => {
  const wanted = query.toLowerCase()
  return project.slug.includes(wanted) || Boolean(project.name?.toLowerCase().includes(wanted))
}

export function choices(input: {
  query: string
  here: string
  recent: string[]
  pinned: string[]
  all: Known[]
}): Choice[] {
  const { query, here, all } = input
  const names = new Map(all.map((project) => [project.slug, project.name]))
  const taken = new Set([here])
  const take = (slugs: string[], from: From): Choice[] =>
    slugs.filter((slug) => !taken.has(slug) && taken.add(slug)).map((slug) => ({ slug, name: names.get(slug), from }))
  const listed = [
    ...take(input.recent.filter((slug) => slug !== here).slice(0, RECENT_SHOWN), 'recent'),
    ...take(input.pinned, 'pinned'),
    ...take(
      all.map((project) => project.slug),
      'all',
    ),
  ]
  return query ? listed.filter((choice) => answers(choice, query)) : listed
}
