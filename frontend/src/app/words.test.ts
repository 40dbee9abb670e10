/** Every page and dialog names the words it speaks: read from the sources, so a forgotten namespace fails here and not as a key on the page. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import first from '@/locales/en'

const SRC = join(process.cwd(), 'src')
const BY_NAME = /(?:page|withWords)\(\s*\[([^\]]*)\],\s*\(\) => import\('([^']+)'\)\)/g
const IMPORTS = /(?:^(?:import|export) (?!type )(?:[^'"]*? from )?|import\()'([@.][^']*)'/gm
const SPOKEN = [/useTranslation\(\[?([^)]*)\)/g, /['`]([a-z]+):[a-z_.]+(?=['`$])/g]

function fileOf(from: string, path: string): string | undefined {
  const base = path.startsWith('@/') ? join(SRC, path.slice(2)) : join(dirname(from), path)
  return [`${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((file) => existsSync(file))
}

const words = (list: string): string[] => [...list.matchAll(/'([a-z]+)'/g)].map((match) => match[1] ?? '')

function spoken(code: string): string[] {
  const [hooks, keys] = SPOKEN.map((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
  return [
    ...(hooks ?? []).flatMap(words),
    ...(keys ?? []).filter((name) => existsSync(join(SRC, `locales/en/${name}.json`))),
  ]
}

const silent: string[] = []
const seen = new Set<string>()

/** Everything reached from a module, with what has been asked for on the way to it. */
function walk(file: string, there: string[]): void {
  const visit = `${file} ${[...there].sort().join()}`
  if (seen.has(visit)) return
  seen.add(visit)
  const code = readFileSync(file, 'utf8')
  for (const name of spoken(code)) if (!there.includes(name)) silent.push(`${relative(SRC, file)} speaks ${name}`)
  const go = (path: string, more: string[]) => {
    const next = fileOf(file, path)
    if (next) walk(next, [...new Set([...there, ...more])])
  }
  for (const [, names, path] of code.matchAll(BY_NAME)) go(path ?? '', words(names ?? ''))
  for (const [, path] of code.replace(BY_NAME, '').matchAll(IMPORTS)) go(path ?? '', [])
}

test('what a page speaks is loaded with it', () => {
  walk(join(SRC, 'app/main.tsx'), Object.keys(first))
  expect(seen.size).toBeGreaterThan(200)
  expect([...new Set(silent)]).toEqual([])
})
