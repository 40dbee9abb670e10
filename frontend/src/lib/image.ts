/** Reading image references and version tags. Must not decide which image is which: digests do. */

export type ImageParts = { host: string; repository: string; tag: string; digest: string }

/** `host:5000/shop/app:tag@sha256:…`; parts that are not there are empty. */
export function imageParts(reference: string): ImageParts {
  const [name = '', digest = ''] = reference.split('@')
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const host = /[.:]|^localhost$/.test(first) ? first : ''
  const path = host ? name.slice(slash + 1) : name
  const colon = path.lastIndexOf(':')
  return colon < 0
    ? { host, repository: path, tag: '', digest }
    : { host, repository: path.slice(0, colon), tag: path.slice(colon + 1), digest }
}

/** The tag written in a reference, where the portal has no version for it; empty when there is none. */
export const tagOfImage = (reference: string): string => imageParts(reference).tag

const TAG = /^(\d{4})(\d{4})-(\d{6})(-.+)?$/

export type TagParts = { year: string; day: string; time: string; rest: string }

/** A tag of ours (`20261120-152211-u17`) taken apart; null for any other text. */
export function tagParts(tag: string): TagParts | null {
  const [, year = '', day = '', time = '', rest = ''] = TAG.exec(tag) ?? []
  return year ? { year, day, time, rest } : null
}
