/** What was typed or pasted into the palette: a mode by its first sign, or a thing by its shape. Asks nobody. */

export type Mode = 'all' | 'actions' | 'tickets' | 'people'
/** hex: a commit or a digest, or the beginning of one */
export type Thing =
  { kind: 'ticket'; id: number } | { kind: 'tag'; text: string } | { kind: 'hex'; text: string; digest: string | null }
export type Recognised = { mode: Mode; query: string; thing: Thing | null }

const MODES: Record<string, Mode> = { '>': 'actions', '#': 'tickets', '@': 'people' }
const TAG = /^\d{8}-\d{2,6}(?:-u\d*(?:-\d+)?)?$/
const DIGEST = /^(?:sha256:)?([0-9a-f]{64})$/
const HEX = /^(?:sha256:)?([0-9a-f]{7,64})$/

function thingOf(text: string, mode: Mode): Thing | null {
  if (mode === 'tickets') return /^\d{1,9}$/.test(text) ? { kind: 'ticket', id: Number(text) } : null
  if (mode !== 'all') return null
  if (TAG.test(text)) return { kind: 'tag', text }
  const lower = text.toLowerCase()
  const hex = HEX.exec(lower)?.[1]
  if (!hex) return null
  const whole = DIGEST.exec(lower)?.[1]
  return { kind: 'hex', text: hex, digest: whole ? `sha256:${whole}` : null }
}

export function recognise(input: string): Recognised {
  const text = input.trim()
  const mode = MODES[text[0] ?? ''] ?? 'all'
  const query = mode === 'all' ? text : text.slice(1).trim()
  return { mode, query, thing: thingOf(query, mode) }
}
