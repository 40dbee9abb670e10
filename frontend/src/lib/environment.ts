/** How an environment is called inside a sentence. Headings and lists show its own name. */
import { useTranslation } from 'react-i18next'

export type NamedPlace = { name: string; tier: string }
type Word = (environment: NamedPlace | null | undefined, starts?: boolean) => string

/** One that is named after its tier is called as the language calls it: "production", 生产. `starts`: it begins the sentence. */
export function useEnvironmentWord(): Word {
  const { t } = useTranslation()
  return (environment, starts = false) => {
    if (!environment) return ''
    if (environment.name.toLowerCase() !== environment.tier) return environment.name
    const word = t(`tier.${environment.tier}` as 'tier.test')
    return starts ? word : word.toLowerCase()
  }
}

/** The same for a place of which only the short name is known. */
export function useSlugWord(): (slug: string | null | undefined) => string {
  const { t } = useTranslation()
  return (slug) => (slug ? t(`tier.${slug}` as 'tier.test', { defaultValue: slug }).toLowerCase() : '')
}
