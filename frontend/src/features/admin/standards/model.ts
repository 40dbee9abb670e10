/** Standards as the page thinks of them: topics, which rows a filter leaves, a row as flat fields and back. Pure. */
import type { Schemas } from '@/lib/api/client'
import type { Language } from '@/lib/i18n'

export type Standard = Schemas['Standard']
export type Level = Schemas['StandardLevel']
export type Tier = keyof Schemas['StandardLevels']
export type Change = Schemas['PatchedStandardChangeRequest']

export const TIERS = ['development', 'test', 'staging', 'production'] as const satisfies readonly Tier[]
export const LEVELS = ['deny', 'warn', 'off'] as const satisfies readonly Level[]
export const TEXTS = ['sentence_en', 'sentence_zh', 'reason_en', 'reason_zh'] as const

export const TOPICS = ['probes', 'shutdown', 'replicas', 'resources', 'java', 'other'] as const
export type Topic = (typeof TOPICS)[number]

/** The first word of an id is its topic; autoscaling is about replicas, and what stands alone is put together. */
export function topicOf(id: string): Topic {
  const first = id.split('.')[0] ?? ''
  if (first === 'autoscaling') return 'replicas'
  return TOPICS.find((topic) => topic === first) ?? 'other'
}

/** Topics in their order with their standards in the server's; a topic without any is left out. */
export function grouped(standards: readonly Standard[]): { topic: Topic; standards: Standard[] }[] {
  return TOPICS.map((topic) => ({ topic, standards: standards.filter(({ id }) => topicOf(id) === topic) })).filter(
    (group) => group.standards.length > 0,
  )
}

export type Filter = { q?: string; level?: Level; tier?: Tier }

/** A tier alone asks what is in force there; a level alone where it is anywhere. */
export function kept(standard: Standard, { q, level, tier }: Filter): boolean {
  const levels = tier ? [standard.levels[tier]] : TIERS.map((one) => standard.levels[one])
  if (level ? !levels.includes(level) : tier && levels[0] === 'off') return false
  const wanted = q?.trim().toLowerCase()
  if (!wanted) return true
  const words = [standard.id, ...Object.values(standard.shown)]
  return words.some((text) => text.toLowerCase().includes(wanted))
}

export const wordsOf = (standard: Standard, language: Language): { sentence: string; reason: string } => ({
  sentence: standard.shown[`sentence_${language}`],
  reason: standard.shown[`reason_${language}`],
})

/** Tiers by level, the hardest first: what a narrow row says instead of four columns. */
export function byLevel(levels: Schemas['StandardLevels']): { level: Level; tiers: Tier[] }[] {
  return LEVELS.map((level) => ({ level, tiers: TIERS.filter((tier) => levels[tier] === level) })).filter(
    ({ tiers }) => tiers.length > 0,
  )
}

/** One field each, so that two people who change two levels of one row do not undo each other in their drafts. */
export type Values = Record<string, string | number | null | string[]>

export const levelField = (tier: Tier): string => `levels.${tier}`
export const thresholdField = (name: string): string => `thresholds.${name}`

export function valuesOf(standard: Standard): Values {
  return {
    ...Object.fromEntries(TIERS.map((tier) => [levelField(tier), standard.levels[tier]])),
    ...Object.fromEntries(standard.limits.map(({ name }) => [thresholdField(name), standard.thresholds[name] ?? null])),
    languages: [...standard.languages].sort(),
    ...Object.fromEntries(TEXTS.map((name) => [name, standard[name]])),
  }
}

/** What is sent: levels and thresholds whole with the changed ones in them, the rest only where it changed. */
export function changeOf(standard: Standard, changes: Partial<Values>): Change {
  const values = { ...valuesOf(standard), ...changes }
  const touches = (group: string) => Object.keys(changes).some((name) => name.startsWith(`${group}.`))
  const change: Change = {}
  if (touches('levels')) {
    const level = (tier: Tier) => values[levelField(tier)] as Level
    change.levels = {
      development: level('development'),
      test: level('test'),
      staging: level('staging'),
      production: level('production'),
    }
  }
  if (touches('thresholds'))
    change.thresholds = Object.fromEntries(standard.limits.map(({ name }) => [name, values[thresholdField(name)]]))
  if (changes.languages) change.languages = changes.languages as string[]
  for (const name of TEXTS) if (name in changes) change[name] = String(values[name] ?? '')
  return change
}

/** The names of the thresholds a text may speak of, as they are written in it. */
export const placeholdersOf = (standard: Standard): string => standard.limits.map(({ name }) => `{${name}}`).join(' ')
