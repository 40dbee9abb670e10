/** Commits between what runs and what would; five, the rest behind one click. Says why when there are none to tell. */
import { useTranslation } from 'react-i18next'
import { CommitLines } from '@/components/CommitLines'
import { sentence } from '@/lib/i18n'
import type { Preview } from './logic'
import css from './filing.module.css'

const FIRST = 5

export function CommitList({
  preview,
  environment,
  isBack,
}: {
  preview: Preview
  environment: string
  isBack: boolean
}) {
  const { t } = useTranslation('filing')
  const { commits, commits_reason: reason } = preview
  if (!commits && !reason) return null
  const list = commits?.commits ?? []
  return (
    <section className={css.block}>
      <div className={css.blockHead}>
        <h2>{isBack || commits?.taken_back ? t('commits.taken_back') : t('commits.since', { environment })}</h2>
        {commits && <span className="t3 s12 tnum">{list.length}</span>}
      </div>
      {reason && <p className="t2">{sentence(reason)}</p>}
      {commits && !list.length && <p className="t2">{t('commits.none')}</p>}
      <CommitLines commits={list} first={FIRST} />
    </section>
  )
}
