/** The shells that were opened into this version, newest first: what a person did by hand there is part of its story. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { SessionStatus } from '@/components/terminal/SessionStatus'
import type { Schemas } from '@/lib/api/client'
import { sessionsQuery } from '@/lib/api/queries/terminals'
import { useSlugWord } from '@/lib/environment'
import css from './Release.module.css'

export function Shells({ release }: { release: Schemas['ReleaseCard'] }) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const found = useInfiniteQuery(sessionsQuery({ project: release.project.slug, version: release.tag }))
  const shells = found.data?.pages.flatMap((page) => page.results) ?? []
  if (shells.length === 0) return null
  return (
    <section className={css.others}>
      <h2>{t('shells')}</h2>
      <ul>
        {shells.map((shell) => (
          <li key={shell.id}>
            <Link to="/terminals/$id" params={{ id: String(shell.id) }} className={css.other}>
              <span>
                {shell.user.display_name} → {called(shell.environment)}
              </span>
              <span className="t3 mono">{shell.cluster}</span>
              <span className={css.otherState}>
                <SessionStatus session={shell} />{' '}
                <span className="t3 s12">
                  <Age at={shell.created_at} short />
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <button type="button" className="link" onClick={() => void found.fetchNextPage()}>
          {t('shells_more')}
        </button>
      )}
    </section>
  )
}
