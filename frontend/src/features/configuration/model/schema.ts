/** The schema of a document as the form reads it: the words of JSON Schema the server allows, and no other one. Pure. */

export type Kind = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null'
export type Node = {
  type?: Kind | Kind[]
  title?: string
  description?: string
  properties?: Record<string, Node>
  additionalProperties?: boolean | Node
  propertyNames?: Node
  items?: Node
  required?: string[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minProperties?: number
  maxProperties?: number
  'x-group'?: string
  'x-unit'?: string
  'x-default'?: unknown
}

/** As in apps/catalog/configuration/schema_check.py: a schema with another word cannot be saved there. */
const KNOWN = new Set([
  ...['$schema', 'title', 'description', 'x-group', 'x-unit', 'x-default'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['type', 'enum', 'const', 'required', 'pattern', 'format', 'properties'],
  ...['items', 'additionalProperties', 'propertyNames'],
])

export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const ownUnknownWord = (node: Node): string | null => Object.keys(node).find((word) => !KNOWN.has(word)) ?? null

/** What keeps a part from being drawn. Of a group only its own words: its members are drawn one by one. */
export const obstacleOf = (node: Node): string | null =>
  controlOf(node) === 'group' ? ownUnknownWord(node) : unknownWord(node)

/** The first word of this part, or of anything in it, that this form does not know; null when it knows them all. */
export function unknownWord(node: Node): string | null {
  const own = ownUnknownWord(node)
  if (own) return own
  const below = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties, node.propertyNames]
  for (const one of below) {
    const found = isPlain(one) ? unknownWord(one as Node) : null
    if (found) return found
  }
  return null
}

export type Control = 'choice' | 'whole' | 'text' | 'long' | 'question' | 'group' | 'words' | 'rows' | 'labels' | 'odd'

const LONG = 4096

/** How a part is drawn; `odd`: a shape this form has no control for. */
export function controlOf(node: Node): Control {
  const kinds = [node.type ?? []].flat().filter((kind) => kind !== 'null')
  if (kinds.length !== 1) return 'odd'
  if (node.enum) return node.enum.every((one) => typeof one === 'string') ? 'choice' : 'odd'
  switch (kinds[0]) {
    case 'integer':
    case 'number':
      return 'whole'
    case 'boolean':
      return 'question'
    case 'string':
      return (node.maxLength ?? 0) > LONG && !node.format ? 'long' : 'text'
    case 'array':
      return node.items?.properties ? 'rows' : node.items && controlOf(node.items) === 'text' ? 'words' : 'odd'
    case 'object':
      return node.properties ? 'group' : isPlain(node.additionalProperties) ? 'labels' : 'odd'
    default:
      return 'odd'
  }
}

export const isNullable = (node: Node): boolean => Array.isArray(node.type) && node.type.includes('null')

export type Section = { group: string; members: [name: string, node: Node][] }

/** The members by `x-group`, groups in the order in which they first appear. */
export function sectionsOf(schema: Node): Section[] {
  const found = new Map<string, Section>()
  for (const [name, node] of Object.entries(schema.properties ?? {})) {
    const group = node['x-group'] ?? ''
    const section = found.get(group) ?? { group, members: [] }
    section.members.push([name, node])
    found.set(group, section)
  }
  return [...found.values()]
}
