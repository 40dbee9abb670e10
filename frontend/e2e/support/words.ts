/** What people read on the pages, from the pages' own catalogues: a test presses the button a person would look for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Words = Record<string, string>

export const wordsOf = (namespace: string, language: 'en' | 'zh' = 'en'): Words =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../src/locales/${language}/${namespace}.json`), 'utf8'),
  ) as Words

/** One sentence of a catalogue, its blanks filled in. */
export function wordIn(namespace: string, language: 'en' | 'zh' = 'en') {
  const words = wordsOf(namespace, language)
  return (key: string, params: Words = {}): string => {
    const text = words[key]
    if (text === undefined) throw new Error(`${namespace}.json has no “${key}”`)
    return text.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  }
}

/** How a sentence begins whose blanks are known only at run time. */
export const beginningOf = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '.+')}`)
