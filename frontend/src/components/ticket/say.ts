/** Turns what the pure modules say into the language of the page. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { meQuery } from '@/lib/api/queries'
import { useEnvironmentWord, type NamedPlace } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import { clock } from '@/lib/time'
import { isAccessKind } from '@/lib/status'
import type { Said } from './types'

export { useEnvironmentWord }

/** Moments among the parameters (`at`) become clock times in the reader's zone. */
export function useSay(): (said: Said | null | undefined) => string {
  const { t } = useTranslation('ticket')
  const zone = useQuery({ ...meQuery, enabled: false }).data?.time_zone
  const word = useEnvironmentWord()
  return (said) => {
    if (!said) return ''
    if ('reason' in said) return sentence(said.reason)
    const params = { ...said.params }
    if ('at' in params) params.at = clock(String(params.at), zone)
    if (said.place) params.environment = word(said.place)
    return t(said.key as 'q.over', params)
  }
}

/** "Promote book-api-n1 to production"; a kind this page does not know keeps the title it was filed with. */
export function useTicketTitle(): (card: TitleParts, short?: boolean) => string {
  const { t } = useTranslation('ticket')
  const word = useEnvironmentWord()
  return (card, short = false) => {
    if (isAccessKind(card.kind)) {
      const project = card.project.slug.replace(/~\d+$/, '') // a withdrawn request gave its name back
      return t(`${short ? 'short' : 'title'}.${card.kind}` as 'title.project_access', { project })
    }
    if (card.kind === 'resync_jobs') return t(`${short ? 'short' : 'title'}.resync_jobs`, { what: card.title })
    const known =
      ['release', 'promote', 'roll_back', 'configure', 'emergency_shell', 'recycle_pod'].includes(card.kind) &&
      card.environment
    if (!known) return card.title
    const params = { project: card.project.slug, environment: word(card.environment) }
    return short
      ? t(`short.${card.kind}` as 'short.promote', params)
      : t(`title.${card.kind}` as 'title.promote', params)
  }
}

type TitleParts = { kind: string; title: string; project: { slug: string }; environment: NamedPlace | null }
