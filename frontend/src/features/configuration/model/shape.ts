/** What the schema alone says against a document: types, limits, lengths. The server checks this and everything else. Pure. */
import type { Reason } from '@/lib/i18n'
import { pointerOf } from './document'
import { isPlain, type Kind, type Node } from './schema'

export type Problems = Record<string, Reason[]>
/** How a field is called in a sentence: its label. */
type Called = (node: Node) => string

const IS: Record<Kind, (value: unknown) => boolean> = {
  object: isPlain,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: Number.isSafeInteger,
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}

/** Characters as the server counts them: an emoji is one. */
const lengthOf = (text: string): number => (/[\ud800-\udfff]/.test(text) ? [...text].length : text.length)

function ofLimits(value: unknown, node: Node): [code: string, limit: number] | null {
  const checks: [boolean, string, number | undefined][] = []
  if (typeof value === 'number') {
    checks.push([value < (node.minimum ?? value), 'too_small', node.minimum])
    checks.push([value > (node.maximum ?? value), 'too_large', node.maximum])
  } else if (typeof value === 'string') {
    const length = lengthOf(value)
    checks.push([length < (node.minLength ?? 0), 'too_short', node.minLength])
    checks.push([length > (node.maxLength ?? length), 'too_long', node.maxLength])
  } else if (Array.isArray(value) || isPlain(value)) {
    const count = Array.isArray(value) ? value.length : Object.keys(value).length
    const [least, most] = Array.isArray(value)
      ? [node.minItems, node.maxItems]
      : [node.minProperties, node.maxProperties]
    checks.push([count < (least ?? 0), 'too_few', least])
    checks.push([count > (most ?? count), 'too_many', most])
  }
  const broken = checks.find(([isBroken]) => isBroken)
  return broken ? [broken[1], broken[2] ?? 0] : null
}

/** By JSON pointer, with the codes the server has for the same. A member that is absent is computed, so it is no problem. */
export function shapeProblems(value: unknown, schema: Node, called: Called): Problems {
  const found: Problems = {}
  const say = (parts: readonly (string | number)[], code: string, params: Record<string, unknown>) => {
    const pointer = pointerOf(parts)
    found[pointer] = [...(found[pointer] ?? []), { code: `configuration.${code}`, params }]
  }
  const look = (here: unknown, node: Node, parts: readonly (string | number)[], name: string): void => {
    const kinds = [node.type ?? []].flat()
    if (kinds.length && !kinds.some((kind) => IS[kind](here))) {
      say(parts, 'wrong_type', { name, types: kinds })
      return
    }
    if (node.enum && !node.enum.includes(here)) say(parts, 'not_a_choice', { name, choices: node.enum })
    const limit = ofLimits(here, node)
    if (limit) say(parts, limit[0], { name, limit: limit[1] })
    if (Array.isArray(here) && node.items) {
      const { items } = node
      here.forEach((one, index) => look(one, items, [...parts, index], called(items) || name))
    }
    if (!isPlain(here)) return
    for (const member of node.required ?? [])
      if (here[member] === undefined) {
        const below = node.properties?.[member]
        say([...parts, member], 'missing', { name: (below && called(below)) || member })
      }
    for (const [member, one] of Object.entries(here)) {
      const below = node.properties?.[member] ?? (isPlain(node.additionalProperties) ? node.additionalProperties : null)
      if (below) look(one, below as Node, [...parts, member], called(below as Node) || member)
      else if (node.additionalProperties === false) say([...parts, member], 'unknown_member', { name: member })
    }
  }
  look(value, schema, [], '')
  return found
}
