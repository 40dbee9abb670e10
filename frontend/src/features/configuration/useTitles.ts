/** Headings that name a workload and its environment, the environment as a sentence calls it. */
import { useTranslation } from 'react-i18next'
import { useSlugWord } from '@/lib/environment'
import type { Which } from './queries'

export function useConfigurationTitle(): (
  key: 'form.title' | 'revisions.title' | 'secrets.title',
  which: Which,
) => string {
  const { t } = useTranslation('configuration')
  const word = useSlugWord()
  return (key, { name, environment }) => t(key, { name, environment: word(environment) })
}
