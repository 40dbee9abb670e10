/** The pages of a project: which of them is open, and which of them to open when the project changes. */

const PAGES = ['releases', 'workloads', 'configuration', 'terminals', 'settings'] as const
export type Tab = 'overview' | (typeof PAGES)[number]

const rest = (pathname: string): string[] => pathname.split('/').slice(3).filter(Boolean)

/** The tab a path stands under; forms that belong to no tab mark none. */
export function tabOf(pathname: string): Tab | null {
  const [page] = rest(pathname)
  if (!page) return 'overview'
  return PAGES.find((one) => one === page) ?? null
}

/** The same tab of another project. What one project has (a version, a form half filled) does not come along. */
export function sameTab(pathname: string, slug: string): string {
  const [page, below] = rest(pathname)
  if (page === 'settings') return `/p/${slug}/settings/${below ?? 'general'}`
  const tab = PAGES.find((one) => one === page)
  return tab ? `/p/${slug}/${tab}` : `/p/${slug}`
}
