/** How an image travels, as columns and lines of a drawing. Pure: knows slugs and order, no pixels of the page. */

export type Link = { slug: string; position: number; promotes_from: readonly string[] }

/** How many promotions lie before each environment at most; a ring (the portal refuses them) does not hang this. */
export function depths(environments: readonly Link[]): Map<string, number> {
  const bySlug = new Map(environments.map((one) => [one.slug, one]))
  const found = new Map<string, number>()
  const depth = (slug: string, path: readonly string[]): number => {
    const known = found.get(slug)
    if (known !== undefined) return known
    const sources = (bySlug.get(slug)?.promotes_from ?? []).filter(
      (one) => bySlug.has(one) && !path.includes(one) && one !== slug,
    )
    const value = sources.length ? 1 + Math.max(...sources.map((one) => depth(one, [...path, slug]))) : 0
    found.set(slug, value)
    return value
  }
  for (const { slug } of environments) depth(slug, [])
  return found
}

export type Place = { slug: string; column: number; row: number }

/** Left to right by promotion, top to bottom by order. */
export function places(environments: readonly Link[]): Place[] {
  const depth = depths(environments)
  const rows = new Map<number, number>()
  return [...environments]
    .sort((a, b) => a.position - b.position)
    .map(({ slug }) => {
      const column = depth.get(slug) ?? 0
      const row = rows.get(column) ?? 0
      rows.set(column, row + 1)
      return { slug, column, row }
    })
}

export const CARD = { width: 208, height: 96, gapX: 52, gapY: 14, top: 30 }
const left = (place: Place) => place.column * (CARD.width + CARD.gapX)
const topOf = (place: Place) => CARD.top + place.row * (CARD.height + CARD.gapY)

export const cornerOf = (place: Place) => ({ left: left(place), top: topOf(place) })

export function sizeOf(all: readonly Place[]): { width: number; height: number } {
  const columns = 1 + Math.max(0, ...all.map(({ column }) => column))
  const rows = 1 + Math.max(0, ...all.map(({ row }) => row))
  return {
    width: columns * (CARD.width + CARD.gapX) - CARD.gapX,
    height: CARD.top + rows * (CARD.height + CARD.gapY) - CARD.gapY,
  }
}

/** A line to the next column goes straight across; one that passes columns goes over them. */
export function lineBetween(from: Place, to: Place): string {
  if (to.column - from.column > 1) {
    const x1 = left(from) + CARD.width - 24
    const x2 = left(to) + 24
    const [y1, y2] = [topOf(from), topOf(to)]
    return `M${x1} ${y1} V14 Q${x1} 6 ${x1 + 8} 6 H${x2 - 8} Q${x2} 6 ${x2} 14 V${y2 - 5}`
  }
  const x1 = left(from) + CARD.width
  const x2 = left(to) - 5
  const [y1, y2] = [topOf(from) + CARD.height / 2, topOf(to) + CARD.height / 2]
  const middle = (x1 + x2) / 2
  return `M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`
}
