/** New release: one screen from a ref and a test environment to a filed ticket. Nothing gated can be chosen here (D14). */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate, Link } from '@tanstack/react-router'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import { TextArea } from '@/components/TextBox'
import { useTranslation } from 'react-i18next'
import { useState } from 'react'
import { problemOf } from '@/components/form/Field'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { asApiError } from '@/lib/api/errors'
import { boardQuery, environmentsQuery, languagesQuery, projectQuery, ticketQuery } from '@/lib/api/queries'
import { useDraft } from '@/lib/drafts'
import { useEnvironmentWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import { Act } from './Act'
import { CopiedFrom } from './CopiedFrom'
import { EnvironmentChoice, type Place } from './EnvironmentChoice'
import { Decides, Starts, Takes } from './facts'
import { Field, FilingLayout } from './FilingLayout'
import { Fact, PreviewRail } from './PreviewRail'
import { refsQuery, usePreview } from './queries'
import { RefField } from './RefField'
import { asAsked } from './say'
import { useFiling } from './useFiling'
import css from './filing.module.css'

const route = getRouteApi('/inside/p/$project/releases/new')
type Draft = { ref: string | null; environment: string | null; note: string | null }

export default function NewReleasePage() {
  const { t } = useTranslation('filing')
  const { t: common } = useTranslation()
  const { project: slug } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const word = useEnvironmentWord()
  const project = useQuery(projectQuery(slug))
  const refs = useQuery(refsQuery(slug, ''))
  const copied = useQuery(ticketQuery(search.copy ?? null)).data
  const places = usePlaces(slug)
  const draft = useDraft<Draft>(me.id, `release.${slug}.${search.copy ?? ''}`, {
    ref: null,
    environment: null,
    note: null,
  })
  const [typed, setTyped] = useState<string | null>(null)

  const copiedRef = typeof copied?.form.ref === 'string' ? copied.form.ref : undefined
  const waits = search.copy !== undefined && !copied
  const ref = typed ?? search.ref ?? draft.value.ref ?? copiedRef ?? (waits ? '' : (refs.data?.default_branch ?? ''))
  const open = places.data?.filter((place) => !place.denied) ?? []
  const wanted = search.env ?? draft.value.environment ?? copied?.environment?.slug
  const environment = (open.find((place) => place.row.environment.slug === wanted) ?? open[0])?.row.environment
  const note = draft.value.note ?? copied?.note ?? ''

  const preview = usePreview(
    ref.trim() && environment
      ? { kind: 'release', project: slug, environment: environment.slug, note: '', form: { ref: ref.trim() } }
      : null,
  )
  const asked = asAsked(preview)
  const filing = useFiling((ticket) => {
    draft.clear()
    if (ticket.release)
      void navigate({ to: '/p/$project/releases/$tag', params: { project: slug, tag: ticket.release.tag } })
    else void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } })
  })

  const settle = (part: { ref?: string; env?: string }) => {
    setTyped(null)
    draft.change((old) => ({ ...old, ref: part.ref ?? old.ref, environment: part.env ?? old.environment }))
    void navigate({ to: '.', search: { ...search, ...part }, replace: true })
  }
  const press = () => {
    if (environment && ref.trim())
      filing.file({
        kind: 'release',
        project: slug,
        environment: environment.slug,
        note: note.trim(),
        form: { ref: ref.trim() },
      })
    else document.querySelector<HTMLInputElement>('input[role=combobox]')?.focus()
  }
  const name = word(environment)
  const refProblem =
    problemOf(filing.error, 'ref') ?? (preview.isBehind || typed !== null ? null : problemOf(asked.error, 'ref'))
  const noteProblem = problemOf(filing.error, 'note')

  return (
    <FilingLayout
      title={t('release.title')}
      meta={draft.restored && !search.copy ? common('draft.restored') : t('release.meta')}
      rail={
        <PreviewRail
          asked={asked}
          title={t('rail.title')}
          environment={name}
          pattern={`YYYYMMDD-HHMMSS-u${me.id}`}
          empty={places.data && (refs.data || refs.error) ? t('rail.empty_release') : null}
          facts={(data) =>
            environment && (
              <>
                <Starts preview={data} environment={name} />
                <Decides preview={data} />
                <JobTemplate language={project.data?.language} />
                <Takes project={slug} kind="release" environment={environment.slug} />
              </>
            )
          }
        />
      }
      trouble={filing.error && !filing.error.fields ? <FilingTrouble filing={filing} /> : null}
      act={
        !open.length ? (
          <span className="t2">{places.data ? t('release.nowhere') : t('promote.looking')}</span>
        ) : (
          <Act
            asked={asked}
            says={t('release.says')}
            label={name ? t('release.act', { environment: name }) : t('release.act_plain')}
            busy={filing.isPending}
            onPress={press}
            why={{ project: slug, environment: environment?.slug, action: 'release.request' }}
          />
        )
      }
    >
      {copied && <CopiedFrom ticket={copied} gitRef={ref} project={slug} />}
      <RefField
        project={slug}
        value={ref}
        problem={refProblem}
        onType={setTyped}
        onSettle={(next) => (next !== ref || typed !== null) && settle({ ref: next })}
      />
      <div className={css.field}>
        <span className={css.label}>{t('tag.label')}</span>
        <span className={css.derived}>YYYYMMDD-HHMMSS-u{me.id}</span>
        <span className={css.help}>{t('tag.help')}</span>
      </div>
      {places.error ? <RegionError error={places.error} retry={places.retry} /> : null}
      {!places.data && !places.error && (
        <Loading>
          <SkeletonRows rows={2} height={58} />
        </Loading>
      )}
      {places.data && (
        <EnvironmentChoice
          label={t('environment.label')}
          places={places.data}
          value={environment?.slug}
          onChoose={(env) => settle({ env })}
        />
      )}
      {places.gated.length > 0 && (
        <p className="t2">
          {t('release.gated', { environments: places.gated.join(t('comma')), count: places.gated.length })}{' '}
          <Link to="/p/$project/promote" params={{ project: slug }} className="link">
            {t('release.to_promote')}
          </Link>
        </p>
      )}
      <Field label={t('note.label')} aside={common('optional')} problem={noteProblem} help={t('note.help_release')}>
        {({ id, describedBy, invalid }) => (
          <TextArea
            id={id}
            aria-describedby={describedBy}
            bad={Boolean(invalid)}
            least={3}
            maxLength={4000}
            value={note}
            onChange={(event) => draft.change((old) => ({ ...old, note: event.target.value }))}
          />
        )}
      </Field>
    </FilingLayout>
  )
}

/** Where one may build to: environments without a gate; the others are named, not offered. */
function usePlaces(slug: string) {
  const word = useEnvironmentWord()
  const board = useQuery({ ...boardQuery(slug) })
  const environments = useQuery(environmentsQuery)
  const gated = new Set(environments.data?.results.filter((one) => one.is_gated).map((one) => one.slug))
  const rows = environments.data ? (board.data?.environments ?? []) : []
  const open: Place[] = rows
    .filter((row) => !gated.has(row.environment.slug))
    .map((row) => ({ row, denied: row.rights.release.allowed ? undefined : row.rights.release }))
  const error = board.data ? environments.error : (board.error ?? environments.error)
  return {
    data: board.data && environments.data ? open : undefined,
    gated: rows.filter((row) => gated.has(row.environment.slug)).map((row) => word(row.environment, true)),
    error: error ? asApiError(error) : null,
    retry: () => void Promise.all([board.refetch(), environments.refetch()]),
  }
}

function JobTemplate({ language }: { language: string | undefined }) {
  const { t } = useTranslation('filing')
  const found = useQuery(languagesQuery).data?.results.find((one) => one.slug === language)
  const job = found?.newest.find((template) => template.jenkins_template)
  if (!found || !job) return null
  return <Fact name={t('job.label')}>{t('job.value', { template: job.jenkins_template, version: job.version })}</Fact>
}
