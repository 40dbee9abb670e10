/** The 5 × 5 picture of an image digest (UI.md §1.4): 15 bits, mirrored. A hint for the eye, never a proof. */

/** 25 cells, row by row; true is ink. Null when the text is no sha256 digest. */
export function glyphCells(digest: string): boolean[] | null {
  const hex = /^(?:sha256:)?([0-9a-f]{64})$/.exec(digest)?.[1]
  if (!hex) return null
  const bits = parseInt(hex.slice(0, 4), 16) >> 1
  const cells: boolean[] = []
  for (let row = 0; row < 5; row += 1) {
    for (let column = 0; column < 5; column += 1) {
      const mirrored = column < 3 ? column : 4 - column
      cells.push(((bits >> (14 - (row * 3 + mirrored))) & 1) === 1)
    }
  }
  return cells
}

/** 12 characters after `sha256:`: enough to read aloud. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12)

/** `5b1e-c07d-92f4`: a fingerprint's first 12 characters in groups of four. */
export const grouped = (fingerprint: string): string => (fingerprint.slice(0, 12).match(/.{1,4}/g) ?? []).join('-')
