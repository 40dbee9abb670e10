/**
 * The reads shared by several pages, as query options: one place decides key, path and how live they are.
 * Keys begin with the noun that `lib/live/invalidate.ts` knows. A page's private reads stay with the page.
 */
export * from './access'
export * from './brakes'
export * from './people'
export * from './projects'
export * from './releases'
export * from './systems'
export * from './tickets'
