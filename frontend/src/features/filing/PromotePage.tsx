/** Promote: an image that exists goes to an environment, while gates and clusters are looked at. No ref, branch or build here. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import { TextArea } from '@/components/TextBox'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { ImageName } from '@/components/Image'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { boardQuery, environmentsQuery, releasesQuery } from '@/lib/api/queries'
import { useDraft } from '@/lib/drafts'
import { useEnvironmentWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import { Act } from './Act'
import { EnvironmentChoice } from './EnvironmentChoice'
import { anyOf, Decides, Starts, Takes } from './facts'
import { Field, FilingLayout } from './FilingLayout'
import { promoteAct, runningImage, versionToPromote, type Preview, type BoardRow } from './logic'
import { Fact, PreviewRail } from './PreviewRail'
import { usePreview } from './queries'
import { asAsked } from './say'
import { useFiling } from './useFiling'
import { nameOfVersion, VersionChoice } from './VersionChoice'

const route = getRouteApi('/inside/p/$project/promote')
const NO_ROWS: BoardRow[] = []

export default function PromotePage() {
  const { t } = useTranslation('filing')
  const { t: common } = useTranslation()
  const { project: slug } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const board = useQuery(boardQuery(slug))
  const releases = useQuery(releasesQuery({ project: slug }))
  const gated = useGatedFirst()
  const draft = useDraft(me.id, `promote.${slug}`, '')

  const rows: BoardRow[] = board.data?.environments ?? NO_ROWS
  const places = gated.ready ? gated.sort(rows) : []
  const target =
    places.find((row) => row.environment.slug === search.to) ??
    places.find((row) => row.rights.promote.allowed) ??
    places[0]
  const built = (releases.data?.results ?? []).filter((release) => release.digest)
  const chosen =
    built.find((release) => nameOfVersion(release) === search.tag) ??
    (search.tag ? undefined : versionToPromote(built, target))
  const version = search.tag ?? (chosen && nameOfVersion(chosen))

  const form =
    version && target
      ? { kind: 'promote', project: slug, environment: target.environment.slug, form: { release: version } }
      : null
  const asked = asAsked(usePreview(form && { ...form, note: '' }))
  const filing = useFiling((ticket) => {
    draft.clear()
    void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } })
  })
  const choose = (part: { tag?: string; to?: string }) =>
    void navigate({ to: '.', search: { ...search, ...part }, replace: true })
  const name = useEnvironmentWord()(target?.environment)
  const act = asked.data ? promoteAct(asked.data) : 'ask'
  const label =
    act === 'go' ? t('promote.go', { environment: name }) : act === 'wait' ? t('promote.wait') : t('promote.ask')
  const loaded = board.data && releases.data && gated.ready
  const mayAnywhere = places.some((row) => row.rights.promote.allowed)
  const failed = board.error ?? releases.error ?? gated.error

  if (loaded && !built.length)
    return (
      <Empty
        action={
          <Link to="/p/$project/releases/new" params={{ project: slug }} className="link">
            {t('promote.make_first')}
          </Link>
        }
      >
        {t('promote.nothing')}
      </Empty>
    )
  return (
    <FilingLayout
      title={t('promote.title')}
      meta={t('promote.meta')}
      rail={
        <PreviewRail
          asked={asked}
          title={t('rail.title')}
          environment={name}
          empty={board.data ? t('rail.empty_promote') : null}
          facts={(data) =>
            target && (
              <>
                <Starts preview={data} environment={name} />
                <Decides preview={data} />
                <Takes project={slug} kind="promote" environment={target.environment.slug} />
                <WayBack row={target} />
              </>
            )
          }
        />
      }
      trouble={filing.error && !filing.error.fields ? <FilingTrouble filing={filing} /> : null}
      act={
        asked.data || asked.error ? (
          <Act
            asked={asked}
            says={<Says preview={asked.data} />}
            label={label}
            busy={filing.isPending}
            onPress={() => form && filing.file({ ...form, note: draft.value.trim() })}
            why={{ project: slug, environment: target?.environment.slug, action: 'promote.request' }}
          />
        ) : (
          <span className="t2">{t('promote.looking')}</span>
        )
      }
    >
      {!loaded &&
        (failed ? (
          <RegionError error={failed} retry={() => void Promise.all([board.refetch(), releases.refetch()])} />
        ) : (
          <Loading>
            <SkeletonRows rows={4} height={74} />
          </Loading>
        ))}
      {loaded && (
        <>
          <EnvironmentChoice
            label={t('promote.to')}
            showApprovals
            value={target?.environment.slug}
            onChoose={(to) => choose({ to })}
            places={places.map((row) => ({ row, denied: row.rights.promote.allowed ? undefined : row.rights.promote }))}
          />
          {mayAnywhere && (
            <VersionChoice
              label={t('promote.version')}
              releases={built}
              rows={rows}
              value={version}
              onChoose={(tag) => choose({ tag })}
            />
          )}
          {problemOf(asked.error, 'release') && <RegionError error={asked.error} />}
          {mayAnywhere && (
            <Field
              label={t('note.label')}
              aside={common('optional')}
              help={t('note.help_promote')}
              problem={problemOf(filing.error, 'note')}
            >
              {({ id, describedBy }) => (
                <TextArea
                  id={id}
                  aria-describedby={describedBy}
                  least={3}
                  maxLength={4000}
                  value={draft.value}
                  onChange={(event) => draft.change(event.target.value)}
                />
              )}
            </Field>
          )}
        </>
      )}
    </FilingLayout>
  )
}

function Says({ preview }: { preview: Preview | undefined }) {
  const { t } = useTranslation('filing')
  if (!preview) return null
  const act = promoteAct(preview)
  if (act === 'wait') return <>{preview.approvals_needed ? t('promote.says_wait') : t('promote.says_wait_go')}</>
  if (act === 'go') return <>{t('promote.says_go')}</>
  return (
    <>
      {preview.who_may_decide.length
        ? t('promote.says_ask', { who: anyOf(preview.who_may_decide, 3) })
        : t('promote.says_ask_nobody')}
    </>
  )
}

function WayBack({ row }: { row: BoardRow }) {
  const { t } = useTranslation('filing')
  const image = runningImage(row)
  if (!image) return null
  return (
    <Fact name={t('way_back.label')}>
      <span className="row" style={{ justifyContent: 'flex-end' }}>
        <ImageName {...image} short size={14} />
        <span className="t3 s12">{t('way_back.runs')}</span>
      </span>
    </Fact>
  )
}

/** Environments with a gate before those without: what one promotes to most. Order within each stays the chain's. */
function useGatedFirst() {
  const environments = useQuery(environmentsQuery)
  const gated = new Set(environments.data?.results.filter((one) => one.is_gated).map((one) => one.slug))
  const sort = (rows: BoardRow[]) =>
    [...rows].sort((a, b) => Number(gated.has(b.environment.slug)) - Number(gated.has(a.environment.slug)))
  return { ready: Boolean(environments.data), error: environments.error, sort }
}
