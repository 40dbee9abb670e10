/** The commits that production does not have yet: three at first, all on request. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CommitLines } from '@/components/CommitLines'
import { RegionError } from '@/components/states'
import { commitsQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import css from './Verdict.module.css'

const FIRST = 3

export function NewCommits({ releaseId }: { releaseId: number }) {
  const { t } = useTranslation('verdict')
  const found = useQuery(commitsQuery(releaseId, undefined))
  const compared = found.data?.commits
  const commits = compared?.commits ?? []
  return (
    <div className={css.section}>
      <div className={css.heading}>
        <h3>{t('new.title')}</h3>
        {compared && commits.length > 0 && (
          <span className="t2 s12 tnum">{t('new.count', { count: commits.length })}</span>
        )}
      </div>
      {found.isError && <RegionError error={found.error} retry={() => void found.refetch()} />}
      {found.data?.reason && <p className="t2">{sentence(found.data.reason)}</p>}
      {compared?.taken_back && <p className="t2">{t('new.taken_back')}</p>}
      {compared && commits.length === 0 && !compared.taken_back && <p className="t2">{t('new.none')}</p>}
      <CommitLines commits={commits} first={FIRST} narrow />
    </div>
  )
}
