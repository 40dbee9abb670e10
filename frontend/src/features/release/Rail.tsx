/** The right column: commits since production, deployments per cluster, verdicts. The tab is in the address. */
import { useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Glyph, ImageName, Tag } from '@/components/Image'
import { Avatar } from '@/components/Person'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { Status } from '@/components/Status'
import { EarlierVerdicts } from '@/components/verdict/EarlierVerdicts'
import type { Schemas } from '@/lib/api/client'
import { useSlugWord } from '@/lib/environment'
import { commitsQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { tagOfImage } from '@/lib/image'
import css from './Release.module.css'

export type RailTab = 'commits' | 'deployments' | 'verdicts'
type Props = {
  release: Schemas['ReleaseCard']
  board: Schemas['BoardEnvironment'][]
  tab: RailTab
  onTab: (tab: RailTab) => void
}

export function Rail({ release, board, tab, onTab }: Props) {
  const { t } = useTranslation('release')
  return (
    <aside className={css.rail} aria-label={t('rail')}>
      <Segmented<RailTab>
        className={css.railTabs}
        value={tab}
        onChange={onTab}
        aria-label={t('rail')}
        block
        options={[
          { value: 'commits', label: t('tab.commits') },
          { value: 'deployments', label: t('tab.deployments') },
          { value: 'verdicts', label: t('tab.verdicts') },
        ]}
      />
      {tab === 'commits' && <Commits release={release} board={board} />}
      {tab === 'deployments' && <Deployments release={release} />}
      {tab === 'verdicts' &&
        (release.verdicts.length ? (
          <EarlierVerdicts verdicts={release.verdicts} withPlace />
        ) : (
          <p className={css.nothing}>{t('no_verdicts')}</p>
        ))}
    </aside>
  )
}

const FIRST = 6

function Commits({ release, board }: Pick<Props, 'release' | 'board'>) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const [all, setAll] = useState(false)
  const found = useQuery(commitsQuery(release.id, undefined))
  if (found.isPending)
    return (
      <Loading>
        <SkeletonRows rows={4} height={48} />
      </Loading>
    )
  if (found.isError) return <RegionError error={found.error} retry={() => void found.refetch()} />
  const compared = found.data.commits
  const newest = compared?.commits.toReversed() ?? []
  const there = board
    .flatMap((row) => row.cells)
    .find((cell) => cell.release?.tag === compared?.from_tag && compared?.from_tag !== '')
  const environment = called(found.data.environment?.slug)
  return (
    <section>
      <h2>{compared?.taken_back ? t('commits.back', { environment }) : t('commits.title', { environment })}</h2>
      {compared && (
        <p className={css.since}>
          {t('commits.count', { count: newest.length })}{' '}
          {compared.from_tag ? (
            <>
              <Glyph digest={there?.digest} size={14} />
              <Tag tag={compared.from_tag} short />
            </>
          ) : (
            <code>{compared.from_commit.slice(0, 7)}</code>
          )}
        </p>
      )}
      {found.data.reason && <p className={css.nothing}>{sentence(found.data.reason)}</p>}
      <ul>
        {(all ? newest : newest.slice(0, FIRST)).map((commit) => (
          <li key={commit.sha} className={css.commit}>
            <span className="grow">{commit.title}</span>
            <Avatar person={{ username: commit.author_name, display_name: commit.author_name }} />
            <span className={css.commitMeta}>
              <code title={commit.sha}>{commit.sha.slice(0, 7)}</code>
              {commit.committed_at && <Age at={commit.committed_at} short />}
            </span>
          </li>
        ))}
      </ul>
      {!all && newest.length > FIRST && (
        <button type="button" className="link" onClick={() => setAll(true)}>
          {t('commits.more', { n: newest.length - FIRST })}
        </button>
      )}
    </section>
  )
}

const RESULT: Record<string, string> = { pending: 'planned' }

function Deployments({ release }: { release: Schemas['ReleaseCard'] }) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const newest = release.rollouts.toSorted((a, b) => b.ticket - a.ticket || a.wave - b.wave)
  const place = new Map(release.tickets.map((ticket) => [ticket.id, called(ticket.environment?.slug)]))
  if (newest.length === 0) return <p className={css.nothing}>{t('no_deployments')}</p>
  return (
    <ul>
      {newest.map((one) => (
        <li key={one.id} className={css.deployment}>
          <div className="row">
            <strong className="b5">{place.get(one.ticket)}</strong>
            <span className="t2">{one.cluster}</span>
            <span className="grow" />
            <Status status={RESULT[one.result] ?? one.result} plain />
          </div>
          <div className={css.commitMeta}>
            <span>#{one.ticket}</span>
            {one.from_digest && (
              <span className="row">
                {t('instead_of')}{' '}
                <ImageName tag={tagOfImage(one.from_image)} digest={one.from_digest} short size={14} />
              </span>
            )}
            {(one.finished_at ?? one.started_at) && <Age at={one.finished_at ?? one.started_at ?? ''} />}
          </div>
          {one.reason && <p className={css.bad}>{sentence(one.reason)}</p>}
        </li>
      ))}
    </ul>
  )
}
