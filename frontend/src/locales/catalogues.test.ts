/** Both languages say the same things, with the same params, in their own punctuation. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const HERE = join(process.cwd(), 'src/locales')
const read = (language: string, file: string) =>
  JSON.parse(readFileSync(join(HERE, language, file), 'utf8')) as Record<string, string>
const files = readdirSync(join(HERE, 'en')).filter((file) => file.endsWith('.json'))
const paramsOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
/** Chinese has one plural form. */
const other = (key: string) => key.replace(/_one$/, '_other')

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return sources(path)
      return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? readFileSync(path, 'utf8') : ''
    })
    .join('\n')
}
const code = sources(join(process.cwd(), 'src'))
/** Keys made from parts: `status.${status}` in the code stands for every key of that form. */
const COMPUTED = [...code.matchAll(/`([\w.:]*(?:\$\{[^}`]*\}[\w.]*)+)`/g)]
  .map((match) => {
    const form = (match[1] ?? '').replace(/^\w+:/, '').split(/\$\{[^}]*\}/)
    return new RegExp(`^${form.map((part) => part.replaceAll('.', '\\.')).join('[\\w.]+')}$`)
  })
  .filter((pattern) => pattern.source.includes('\\.'))

describe.each(files)('%s', (file) => {
  const en = read('en', file)
  const zh = read('zh', file)

  test('has the same keys in both languages', () => {
    expect(Object.keys(zh).sort()).toEqual([...new Set(Object.keys(en).map(other))].sort())
  })

  test('shows the same params in both languages', () => {
    const differing = Object.keys(en).filter(
      (key) => !key.endsWith('_one') && paramsOf(en[key] ?? '').join() !== paramsOf(zh[other(key)] ?? '').join(),
    )
    expect(differing).toEqual([])
  })

  test('is Chinese where it claims to be, with full-width punctuation', () => {
    const mixed = Object.entries(zh).filter(([, text]) =>
      /[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]|请.*！/.test(text),
    )
    expect(mixed).toEqual([])
  })

  test('says nothing that no page asks for', () => {
    const unused = Object.keys(en).filter((key) => {
      const plain = key.replace(/_(one|other)$/, '')
      return (
        !code.includes(`'${plain}'`) && !code.includes(`:${plain}'`) && !COMPUTED.some((pattern) => pattern.test(plain))
      )
    })
    expect(unused).toEqual([])
  })
})
