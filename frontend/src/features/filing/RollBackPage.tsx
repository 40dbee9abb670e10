/** Roll back: one version that ran there, one reason, one click. Says what it stops and who looks at it afterwards. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import { TextArea } from '@/components/TextBox'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { boardQuery, releasesQuery } from '@/lib/api/queries'
import { useDraft } from '@/lib/drafts'
import { useEnvironmentWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import { Act } from './Act'
import { ConfigurationChoice } from './ConfigurationChoice'
import { EnvironmentChoice } from './EnvironmentChoice'
import { anyOf, Decides, Starts, Takes } from './facts'
import { Field, FilingLayout } from './FilingLayout'
import { earlierVersions, runningDigests, type Preview, type BoardRow } from './logic'
import { PreviewRail } from './PreviewRail'
import { usePreview } from './queries'
import { asAsked } from './say'
import { Stopped } from './Stopped'
import { useFiling } from './useFiling'
import { WayBackChoice } from './WayBackChoice'
import { WhoMay } from './WhoMay'

const route = getRouteApi('/inside/p/$project/rollback')
const SHORTEST = 10
/** A preview wants a reason as filing does, and does not read it; asking it anew at every key stroke would be wrong. */
const NOT_YET = '(not written yet)'

export default function RollBackPage() {
  const { t } = useTranslation('filing')
  const { project: slug } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const board = useQuery(boardQuery(slug))
  const rows: BoardRow[] = board.data?.environments ?? []
  const row =
    rows.find((one) => one.environment.slug === search.env) ??
    rows.findLast((one) => one.rights.roll_back.allowed) ??
    rows.at(-1)
  const environment = row?.environment
  const releases = useQuery({ ...releasesQuery({ project: slug }), enabled: Boolean(row) })
  const draft = useDraft(me.id, `roll_back.${slug}`, '')
  const [isShort, setShort] = useState(false)
  const reasonField = useRef<HTMLDivElement>(null)

  const good = row?.last_known_good ?? null
  const goodName = good ? good.release.tag || good.release.digest : undefined
  const leaveOut = runningDigests(row)
  if (good) leaveOut.add(good.release.digest)
  const earlier = environment ? earlierVersions(releases.data?.results ?? [], environment.slug, leaveOut) : []
  const version = search.to ?? goodName ?? (earlier[0] && (earlier[0].tag || earlier[0].digest))

  const form =
    environment && version ? { kind: 'roll_back', project: slug, environment: environment.slug, note: '' } : null
  const wanted = { release: version, ...(search.whole ? { with_configuration: true } : {}) }
  const asked = asAsked(usePreview(form && { ...form, form: { ...wanted, reason: NOT_YET } }))
  const filing = useFiling((ticket) => {
    draft.clear()
    void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } })
  })
  // Of another version another configuration comes back: `whole` is chosen anew.
  const choose = (part: { to?: string; whole?: true }) =>
    void navigate({ to: '.', search: { env: search.env, to: search.to, ...part }, replace: true })
  const press = () => {
    const reason = draft.value.trim()
    setShort(reason.length < SHORTEST)
    if (reason.length < SHORTEST) reasonField.current?.querySelector('textarea')?.focus()
    else if (form) filing.file({ ...form, form: { ...wanted, reason } })
  }
  const mayAnywhere = rows.some((one) => one.rights.roll_back.allowed)
  const name = useEnvironmentWord()(environment)
  const needed = asked.data?.approvals_needed ?? 0
  const problem =
    problemOf(filing.error, 'reason') ??
    (isShort && draft.value.trim().length < SHORTEST ? t('rollback.reason_short') : null)

  return (
    <FilingLayout
      title={t('rollback.title')}
      meta={t('rollback.meta')}
      rail={
        <PreviewRail
          asked={asked}
          title={t('rail.title')}
          environment={name}
          isBack
          empty={board.data ? t('rail.empty_rollback') : null}
          facts={(data) =>
            environment && (
              <>
                <Starts preview={data} environment={name} />
                <Decides preview={data} />
                <Takes project={slug} kind="roll_back" environment={environment.slug} />
              </>
            )
          }
        >
          {environment && asked.data && <Stopped project={slug} environment={environment} />}
        </PreviewRail>
      }
      trouble={filing.error && !filing.error.fields ? <FilingTrouble filing={filing} /> : null}
      act={
        board.data && releases.data && !version ? (
          <span className="t2">{t('rollback.no_earlier')}</span>
        ) : asked.data || asked.error ? (
          <Act
            asked={asked}
            says={<Says preview={asked.data} />}
            label={t(needed ? 'rollback.act_ask' : 'rollback.act', { environment: name })}
            busy={filing.isPending}
            onPress={press}
            why={{ project: slug, environment: environment?.slug, action: 'roll_back.request' }}
          />
        ) : (
          <span className="t2">{t('promote.looking')}</span>
        )
      }
    >
      {!board.data &&
        (board.error ? (
          <RegionError error={board.error} retry={() => void board.refetch()} />
        ) : (
          <Loading>
            <SkeletonRows rows={3} height={58} />
          </Loading>
        ))}
      {row && (
        <>
          <EnvironmentChoice
            label={t('rollback.environment')}
            value={environment?.slug}
            onChoose={(env) => void navigate({ to: '.', search: { env }, replace: true })}
            places={[...rows]
              .reverse()
              .map((one) => ({ row: one, denied: one.rights.roll_back.allowed ? undefined : one.rights.roll_back }))}
          />
          {!mayAnywhere && <WhoMay project={slug} environment={row.environment.slug} />}
          {releases.error ? (
            <RegionError error={releases.error} retry={() => void releases.refetch()} />
          ) : (
            <WayBackChoice row={row} rows={rows} earlier={earlier} value={version} onChoose={(to) => choose({ to })} />
          )}
          {mayAnywhere && asked.data?.configuration && (
            <ConfigurationChoice
              offered={asked.data.configuration}
              isWhole={Boolean(search.whole)}
              onChoose={(whole) => choose(whole ? { whole } : {})}
            />
          )}
          {mayAnywhere && (
            <div ref={reasonField}>
              <Field label={t('rollback.reason')} help={t('rollback.reason_help')} problem={problem}>
                {({ id, describedBy, invalid }) => (
                  <TextArea
                    id={id}
                    aria-describedby={describedBy}
                    aria-required
                    bad={Boolean(invalid)}
                    least={3}
                    maxLength={2000}
                    value={draft.value}
                    onChange={(event) => draft.change(event.target.value)}
                  />
                )}
              </Field>
            </div>
          )}
        </>
      )}
    </FilingLayout>
  )
}

function Says({ preview }: { preview: Preview | undefined }) {
  const { t } = useTranslation('filing')
  if (!preview) return null
  if (preview.approvals_needed) return <>{t('rollback.says_ask', { who: anyOf(preview.who_may_decide, 3) })}</>
  return <>{preview.requires_review ? t('rollback.says_at_once') : t('rollback.says_free')}</>
}
