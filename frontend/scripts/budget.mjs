/**
 * First load of the built bundle: entry, a language, and the frame's landing page with a decision card on it. What opens
 * on demand (sheets, dialogs, verdict panel, palette) does not count. Measured in brotli at its best, which is what the
 * portal serves over HTTPS (`whitenoise.compress` in scripts/ui writes the files once). Over the budget is an error.
 */
import { readFileSync } from 'node:fs'
import { brotliCompressSync, constants } from 'node:zlib'

const BUDGET = 250_000
const LANDING = ['src/app/main.tsx', 'src/features/inbox/InboxPage.tsx']
/** Parts of the landing page: they count even where they become chunks of their own. */
const PARTS = [
  'src/features/inbox/CardPane.tsx',
  'src/components/ticket/DecisionCard.tsx',
  'src/components/ticket/PhoneCard.tsx',
]
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'))
const sizes = new Map()

/** A chunk and everything it imports at once; what is loaded when needed does not count. */
function add(key, wanted = new Set()) {
  if (wanted.has(key)) return wanted
  wanted.add(key)
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the manifest: was the bundle built?`)
  for (const other of chunk.imports ?? []) add(other, wanted)
  return wanted
}

const languages = Object.keys(manifest).filter((key) => /^src\/locales\/(en|zh)\/index\.ts$/.test(key))
const BEST = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
const compressed = (key) => {
  if (!sizes.has(key)) sizes.set(key, brotliCompressSync(readFileSync(new URL(manifest[key].file, dist)), BEST).length)
  return sizes.get(key)
}
/** What a language brings: our catalogue, and antd's own words where they are a chunk of their own. */
const spoken = languages.map((key) => [
  key,
  ...(key.includes('/zh/') ? Object.keys(manifest).filter((one) => one.endsWith('antd/es/locale/zh_CN.js')) : []),
])
const weight = (keys) => keys.reduce((sum, key) => sum + compressed(key), 0)
const largest = spoken.toSorted((a, b) => weight(b) - weight(a))[0] ?? []
const first = new Set([...LANDING, ...PARTS.filter((key) => manifest[key]), ...largest].flatMap((key) => [...add(key)]))
const scripts = [...first].filter((key) => manifest[key].file.endsWith('.js'))
const total = weight(scripts)
console.log(
  `first load: ${(total / 1000).toFixed(1)} kB in brotli, ${scripts.length} files (at most ${BUDGET / 1000} kB)`,
)
if (total > BUDGET) {
  for (const key of scripts.toSorted((a, b) => compressed(b) - compressed(a)))
    console.log(`  ${(compressed(key) / 1000).toFixed(1).padStart(7)} kB  ${key}`)
  process.exit(1)
}
