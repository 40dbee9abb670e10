/** Languages: loads the words of one language as pages ask for them, and turns codes into sentences. Must not hold a sentence itself. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type first from '@/locales/en'
import type { later } from '@/locales/en'

export type Language = 'en' | 'zh'
/** What is not there from the beginning: a page or a dialog names it beside its import. */
export type LaterNamespace = keyof typeof later
type Words = Record<string, string>
type Catalogue = typeof first & { [Name in LaterNamespace]: Awaited<ReturnType<(typeof later)[Name]>>['default'] }

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: Catalogue
    keySeparator: false
    nsSeparator: ':'
    enableSelector: false
    interpolationPrefix: '{'
    interpolationSuffix: '}'
  }
}

type Loaded = { default: Record<string, Words>; later: Record<LaterNamespace, () => Promise<{ default: Words }>> }
const loaders: Record<Language, () => Promise<Loaded>> = {
  en: () => import('@/locales/en'),
  zh: () => import('@/locales/zh'),
}

/** A code with what it speaks of, as the API gives it; `detail` is the server's own sentence. */
export type Reason = { code: string; params?: unknown; detail?: string | null }

export const currentLanguage = (): Language => (i18next.language === 'zh' ? 'zh' : 'en')

/** Asked for by what has been opened so far, and the language being changed to: it needs them too. */
const asked = new Set<LaterNamespace>()
let next: Language | undefined

async function load(language: Language, names: Iterable<LaterNamespace>): Promise<void> {
  const catalogue = await loaders[language]()
  const add = (name: string, words: Words) => {
    if (!i18next.hasResourceBundle(language, name)) i18next.addResourceBundle(language, name, words)
  }
  for (const [name, words] of Object.entries(catalogue.default)) add(name, words)
  const missing = [...names].filter((name) => !i18next.hasResourceBundle(language, name))
  await Promise.all(missing.map(async (name) => add(name, (await catalogue.later[name]()).default)))
}

/** Have these words in the language of the page, and in the one it is being changed to. */
export async function loadNamespaces(names: readonly LaterNamespace[]): Promise<void> {
  for (const name of names) asked.add(name)
  await Promise.all(
    [...new Set([currentLanguage(), next ?? currentLanguage()])].map((language) => load(language, names)),
  )
}

/** For `lazy`: a part of the page is there when its words are, so it never shows a key. */
export const withWords =
  <T>(names: readonly LaterNamespace[], part: () => Promise<T>) =>
  async (): Promise<T> =>
    (await Promise.all([part(), loadNamespaces(names)]))[0]

/** Start with the language the page was rendered in; an unknown one is English. */
export async function startLanguages(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: [],
    defaultNS: 'common',
    resources: {},
    keySeparator: false,
    nsSeparator: ':',
    returnNull: false,
    interpolation: { prefix: '{', suffix: '}', escapeValue: false },
    react: { useSuspense: false },
  })
  await setLanguage(language)
}

/** Switch to another language, on the page and for the next visit. */
export async function setLanguage(language: Language): Promise<void> {
  next = language
  try {
    await load(language, asked)
    if (next !== language) return // changed again meanwhile
    await i18next.changeLanguage(language)
  } finally {
    if (next === language) next = undefined
  }
  document.documentElement.lang = language
  try {
    localStorage.setItem('opsportal.language', language)
  } catch (error) {
    console.debug('the language is not remembered', error)
  }
}

/** As the server reads them: `{stage|project_stage}` shows the param by the words `word.project_stage.<value>`. */
const PARAM = /\{(\w+)(?:\|(\w+))?\}/g

function shown(value: unknown, words: string | undefined, texts: Words): string {
  if (value === null || value === undefined) return '–'
  if (Array.isArray(value))
    return value.map((one) => shown(one, words, texts)).join(words ? texts['word.list_comma'] : ', ')
  return (words && texts[`word.${words}.${String(value)}`]) || String(value)
}

/** An environment that is named after its tier is called as the language calls it, as `useEnvironmentWord` does. */
function callPlace(text: string, environment: unknown): string {
  const tier = i18next.getResource(i18next.language, 'common', `tier.${String(environment)}`) as string | undefined
  if (!tier) return text
  const called = i18next.t('place_of_tier', { tier: tier.toLowerCase() })
  // A Chinese word stands without the spaces that a Latin name has around it.
  return currentLanguage() === 'zh'
    ? text.replace(/ ?\{environment\} ?/g, called)
    : text.replaceAll('{environment}', called)
}

/** The sentence of a server code in the language of the page; an unknown code gives the server's own sentence. */
export function sentence(reason: Reason): string {
  const texts = i18next.getResourceBundle(i18next.language, 'server') as Words | undefined
  const params = (reason.params ?? {}) as Record<string, unknown>
  const own = reason.code.startsWith('ui.')
    ? (i18next.getResource(i18next.language, 'common', reason.code) as string)
    : undefined
  const text = texts?.[reason.code] ?? own
  if (text === undefined) return reason.detail || reason.code
  return callPlace(text, params.environment).replace(PARAM, (_, name: string, words?: string) =>
    shown(params[name], words, texts ?? {}),
  )
}

/** The same for what is wrong with a field: as on the server, its code is looked for under `field.` first. */
export function fieldSentence(problem: Reason): string {
  const code = `field.${problem.code}`
  const isKnown = i18next.getResource(i18next.language, 'server', code) !== undefined
  return sentence(isKnown ? { ...problem, code } : problem)
}
