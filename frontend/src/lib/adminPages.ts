/** The pages of administration, in the order of its menu. Names only: the router has the pages. */
export const ADMIN_PAGES = [
  'people',
  'grants',
  'environments',
  'clusters',
  'integrations',
  'languages',
  'standards',
  'hosts',
  'intake',
  'why',
] as const
