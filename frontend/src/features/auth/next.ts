/** Where to go after signing in. The wish comes from the address bar, so it may lead nowhere but into this portal. */

const NOT_AFTER_SIGN_IN = /^\/(sign-in|welcome|reset)(?:[/?#]|$)/
// eslint-disable-next-line no-control-regex -- browsers drop tabs and line breaks inside an address: "/\t/evil" is "//evil"
const TRICKS = /[\\\u0000-\u001f\u007f]/

/** A path of this origin that starts with a single slash; anything else is home. */
export function safeNext(wish: string | undefined, origin = location.origin): string {
  if (!wish || !/^\/(?!\/)/.test(wish) || TRICKS.test(wish)) return '/'
  const url = URL.parse(wish, origin)
  if (!url || url.origin !== origin || url.pathname.startsWith('//') || NOT_AFTER_SIGN_IN.test(url.pathname)) return '/'
  return url.pathname + url.search + url.hash
}
