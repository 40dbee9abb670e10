/** Web addresses people typed. */

/** Whether a text is a whole web address without a user or password: the server's rule, told while one types. */
export function isWebAddress(text: string): boolean {
  if (/[ <>"\\]/.test(text)) return false
  try {
    const url = new URL(text)
    return (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password
  } catch {
    return false
  }
}
