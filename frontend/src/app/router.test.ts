/** The manifest of screenshots names every page, and no page that is not there. */
import { expect, test } from 'vitest'
import { SHOTS } from '../../e2e/shots.manifest'
import { router } from './router'

/** Layouts and redirects draw nothing of their own. */
const NOT_A_PAGE = new Set([
  '__root__',
  '/inside',
  '/inside/',
  '/inside/p/$project',
  '/inside/p/$project/settings',
  '/inside/settings',
  '/inside/admin',
  '/inside/admin/',
])

test('every route is photographed, and only routes that exist are', () => {
  const pages = Object.keys(router.routesById).filter((id) => !NOT_A_PAGE.has(id))
  expect([...new Set(SHOTS.map((shot) => shot.route))].sort()).toEqual(pages.sort())
})
