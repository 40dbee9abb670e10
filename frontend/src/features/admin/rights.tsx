/** What the reader may administer: asked once, shown as a sentence where he may not. Must not ask for what he may not read. */
import { useQuery } from '@tanstack/react-query'
import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Denied, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { whyQuery, type WhyQuestion } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import css from './Admin.module.css'

/** Draws its children for who may; others read why not. */
export function Guard({ action, children }: { action: WhyQuestion['action']; children: ReactNode }) {
  const right = useQuery(whyQuery({ action }))
  if (right.isPending) return <Loading />
  if (right.isError) return <RegionError error={right.error} retry={() => void right.refetch()} />
  if (!right.data.allowed)
    return (
      <div className={css.denied}>
        <Denied reason={right.data} />
      </div>
    )
  return children
}

function ReadOnly({ reason }: { reason: Schemas['WhyAnswer'] }) {
  const { t } = useTranslation('admin')
  return (
    <div className={css.refusal}>
      <Lock size={14} aria-hidden />
      <span>
        {t('read_only')} {sentence(reason)}
      </span>
    </div>
  )
}

/** For pages that everybody reads and few change: whether, and the sentence for the others. */
export function useRight(question: WhyQuestion, enabled = true): { allowed: boolean; refusal: ReactNode } {
  const right = useQuery({ ...whyQuery(question), enabled })
  const refused = right.data && !right.data.allowed
  return { allowed: Boolean(right.data?.allowed), refusal: refused ? <ReadOnly reason={right.data} /> : null }
}
