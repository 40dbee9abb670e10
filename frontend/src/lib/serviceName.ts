/** The rule of service names (P7), as the server has it in `services/names.py`: told while typing. The server decides. */

export const LONGEST = 63
const RULE = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

export const isServiceName = (name: string): boolean => name.length <= LONGEST && RULE.test(name)

/** The nearest name that keeps the rule, such as `Book_API.n1` → `book-api-n1`; empty when nothing is left. */
export function suggestedName(name: string): string {
  const spaced = name.slice(0, 500).replace(/([a-z0-9])(?=[A-Z])/g, '$1-')
  const plain = spaced
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+/, '')
    .replace(/-+$/, '')
  return plain.slice(0, LONGEST).replace(/-+$/, '')
}
