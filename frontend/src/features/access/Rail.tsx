/** The right side: what approval will create, each thing by its name. */
import { Box, Gauge, GitBranch, Hammer, Package, Users, Webhook, type LucideIcon } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import type { Created } from '@/lib/api/access'
import { groupedCreates } from './model'
import type { Check } from './queries'
import css from './access.module.css'

const ICONS: Record<string, LucideIcon> = {
  repository: GitBranch,
  webhook: Webhook,
  job: Hammer,
  namespace: Box,
  quota: Gauge,
  grants: Users,
}

function Group({ what, rows }: { what: string; rows: Created[] }) {
  const { t } = useTranslation('access')
  const Icon = ICONS[what] ?? Package
  return (
    <li className={css.created} data-what={what}>
      <Icon size={16} aria-hidden className="t2" />
      <div className="grow">
        <div className="b5">{t(`what.${what}` as 'what.job', { defaultValue: what })}</div>
        <ul>
          {rows.map((row) => (
            <li key={`${row.system} ${row.target}`} className="t2 s12">
              <span className={css.target}>{row.target || row.system}</span>
              {row.name && <span className="t3"> · {row.name}</span>}
              {row.exists !== false && (
                <span className="t3"> · {t(row.exists ? 'creates.there' : 'creates.unknown')}</span>
              )}
            </li>
          ))}
        </ul>
      </div>
    </li>
  )
}

export function Creates({ check }: { check: Check }) {
  const { t } = useTranslation('access')
  const { query, isBehind } = check
  const groups = groupedCreates(check.answer?.creates ?? [])
  return (
    <section className={css.creates} aria-labelledby="creates">
      <h2 id="creates">{t('creates')}</h2>
      <p className="t2 s12">{t('creates.how')}</p>
      {query.isError && (
        <RegionError
          error={query.error}
          retry={() => void query.refetch()}
          shownAt={query.data ? query.dataUpdatedAt : undefined}
        />
      )}
      {query.isLoading && (
        <Loading>
          <SkeletonRows rows={5} height={48} />
        </Loading>
      )}
      {!query.isLoading && !query.isError && !groups.length && <p className="t2 s12">{t('creates.nothing_yet')}</p>}
      <ul className={isBehind ? css.behind : undefined} aria-busy={isBehind || undefined}>
        {groups.map((group) => (
          <Group key={group.what} {...group} />
        ))}
      </ul>
    </section>
  )
}
