/** The tester's panel: one image in one environment, what is new in it, and Pass or Fail. Must not decide rights: the API says. */
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Glyph, Tag } from '@/components/Image'
import { Denied, Loading, RegionError, SkeletonRows } from '@/components/states'
import { Status } from '@/components/Status'
import { api, body, type Schemas } from '@/lib/api/client'
import { boardQuery, releaseQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { shortDigest } from '@/lib/glyph'
import { pollRunning } from '@/lib/live/polling'
import { EarlierVerdicts } from './EarlierVerdicts'
import { GiveVerdict } from './GiveVerdict'
import { verdictsIn, readiness } from './model'
import { NewCommits } from './NewCommits'
import { ReadyPills } from './ReadyPills'
import css from './Verdict.module.css'

type Props = {
  releaseId: number
  environment: string
  /** after a verdict was recorded */
  onDone?: () => void
  /** draws the cross in the head */
  onClose?: () => void
}

const verdictsQuery = (releaseId: number) => ({
  queryKey: ['release', releaseId, 'verdicts'],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(
      api.GET('/api/v1/releases/{release_id}/verdicts/', {
        params: { path: { release_id: releaseId }, query: { limit: 50 } },
        signal,
      }),
    ),
  refetchInterval: pollRunning,
})

export default function VerdictPanel(props: Props) {
  const release = useQuery(releaseQuery(props.releaseId))
  if (release.isPending)
    return (
      <div className={css.pad}>
        <Loading>
          <SkeletonRows rows={5} />
        </Loading>
      </div>
    )
  if (release.isError)
    return (
      <div className={css.pad}>
        <RegionError error={release.error} retry={() => void release.refetch()} />
      </div>
    )
  // Keyed: the draft of one image must never show under another.
  return <Panel key={`${props.releaseId} ${props.environment}`} release={release.data} {...props} />
}

function Panel({ release, environment, onDone, onClose }: Props & { release: Schemas['ReleaseCard'] }) {
  const board = useQuery(boardQuery(release.project.slug))
  const given = useQuery(verdictsQuery(release.id))
  const place = board.data?.environments.find((row) => row.environment.slug === environment)
  const verdicts = verdictsIn(given.data?.results ?? release.verdicts, environment)
  const right = place?.rights.verdict
  const ran = release.ran_in.find((row) => row.environment === environment)
  const word = useEnvironmentWord()
  const called = place ? word(place.environment) : environment
  const mayGive = right?.allowed !== false
  const content = (
    <>
      <Head
        release={release}
        called={called}
        since={ran?.at ?? null}
        latest={verdicts[0]}
        isMine={mayGive && Boolean(ran)}
        onClose={onClose}
      />
      <ReadyPills
        rows={readiness(place, release.digest)}
        called={called}
        isKnown={board.isSuccess}
        updatedAt={board.dataUpdatedAt}
      />
      {board.isError && (
        <RegionError error={board.error} retry={() => void board.refetch()} shownAt={board.dataUpdatedAt} />
      )}
      <NewCommits releaseId={release.id} />
      <EarlierVerdicts verdicts={verdicts} />
      {given.isError && <RegionError error={given.error} retry={() => void given.refetch()} />}
    </>
  )
  const refusal = ran ? right : { code: 'verdict.never_ran', params: { tag: release.tag, environment } }
  return (
    <section className={css.panel} aria-labelledby="verdict-title">
      {ran && mayGive ? (
        <GiveVerdict release={release} environment={environment} called={called} latest={verdicts[0]} onDone={onDone}>
          {content}
        </GiveVerdict>
      ) : (
        <div className={css.scroll}>
          {content}
          {refusal && (
            <div className={css.section}>
              <Denied reason={refusal} />
            </div>
          )}
        </div>
      )}
    </section>
  )
}

type HeadProps = {
  release: Schemas['ReleaseCard']
  /** the environment, as this language calls it */
  called: string
  since: string | null
  latest: Schemas['Verdict'] | undefined
  isMine: boolean
  onClose: (() => void) | undefined
}

function Head({ release, called, since, latest, isMine, onClose }: HeadProps) {
  const { t } = useTranslation('verdict')
  return (
    <header className={css.head}>
      <div className={css.line}>
        {latest ? (
          <Status status={latest.outcome} label={t(latest.outcome === 'passed' ? 'passed' : 'failed')} />
        ) : (
          <Status status="pending_confirmation" label={isMine ? t('yours') : t('none_yet')} />
        )}
        <span className={css.phoneOnly}>{called}</span>
        {since && (
          <span className="t2 s12">
            {t('came')} <Age at={since} />
          </span>
        )}
        {onClose && (
          <button type="button" className={css.close} onClick={onClose} aria-label={t('close')}>
            <X size={16} aria-hidden />
          </button>
        )}
      </div>
      <h2 id="verdict-title" tabIndex={-1} className={css.title}>
        {release.project.slug}
        <span className={css.wideOnly}>{t('in', { environment: called })}</span>
      </h2>
      <div className={css.line}>
        <Glyph digest={release.digest} />
        {release.tag ? <Tag tag={release.tag} /> : <span className="mono t2">{shortDigest(release.digest)}</span>}
      </div>
    </header>
  )
}
