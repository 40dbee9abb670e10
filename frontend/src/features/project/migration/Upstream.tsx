/** The nginx block of the saved revision, to copy. Where it cannot be made, the sentence says what is missing. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/components/CopyButton'
import { Loading, RegionError } from '@/components/states'
import { asApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { upstreamQuery } from './queries'
import css from './migration.module.css'

export function Upstream({ project, environment, number }: { project: string; environment: string; number: number }) {
  const { t } = useTranslation('migration')
  const found = useQuery(upstreamQuery(project, environment, number))
  if (found.isPending) return <Loading />
  if (found.isError) {
    const error = asApiError(found.error)
    if (error.status === 409) return <p className="t2">{sentence(error)}</p>
    return <RegionError error={error} retry={() => void found.refetch()} />
  }
  return (
    <div className={css.snippet}>
      <pre role="group" aria-label={t('nginx')} tabIndex={0}>
        {found.data}
      </pre>
      <CopyButton text={found.data} label={t('nginx.copy')} />
    </div>
  )
}
