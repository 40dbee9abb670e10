/**
 * The terminal makes style elements without the page's nonce, which the content policy refuses. While `run` is at work,
 * every style element it makes carries the nonce. Must leave the document as it was.
 */

export function withNonce<T>(run: () => T): T {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce
  if (!nonce) return run()
  const make = document.createElement.bind(document)
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const element = make(name, options)
    if (element instanceof HTMLStyleElement) element.nonce = nonce
    return element
  }) as typeof document.createElement
  try {
    return run()
  } finally {
    delete (document as Partial<Document>).createElement
  }
}
