/** What exactly will run, and is it allowed? The container access form of one workload in one environment (UI.md §5.9). */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ErrorBoundary, Loading, RegionError, SkeletonRows } from '@/components/states'
import { PageTitle } from '@/components/Page'
import { AccessForm } from './AccessForm'
import type { Doc } from './model/document'
import { usePresets } from './presets/queries'
import { currentQuery, revisionQuery, useMayPropose, type Proposal, type Which } from './queries'
import { forAnotherEnvironment, startOf } from './start'
import { useConfigurationTitle } from './useTitles'
import css from './configuration.module.css'

const route = getRouteApi('/inside/p/$project/configuration/$environment/$name')

/** What the form begins with: what is in force, the defaults, another environment's, an older revision, or a preset. */
function useStart(which: Which, start: string | undefined, isReader: boolean) {
  const from = startOf(start)
  const current = useQuery(currentQuery(which))
  const other = useQuery(currentQuery(from.kind === 'environment' ? { ...which, environment: from.slug } : null))
  const older = useQuery(
    revisionQuery(from.kind === 'revision' ? which : null, from.kind === 'revision' ? from.number : 0),
  )
  const presets = usePresets(which.project)
  // Nothing in force: every value is left to the server, which computes it from the others as they change. It computes
  // nothing for a reader, who is shown what it would propose.
  const set = (found: typeof current.data) => found && (found.is_proposal_only && !isReader ? {} : found.document)
  const begun = (): Doc | undefined => {
    if (from.kind === 'default') return {}
    if (from.kind === 'revision') return older.data?.document
    const elsewhere = from.kind === 'environment' ? set(other.data) : undefined
    if (from.kind === 'environment') return elsewhere && forAnotherEnvironment(elsewhere)
    if (from.kind === 'force') return set(current.data)
    // One that was deleted meanwhile: the form, and what was typed into it, stays.
    const preset = presets.rows?.find((one) => one.id === from.id)
    return presets.rows && (preset?.document ?? set(current.data))
  }
  const document = begun()
  const number = current.data?.revision?.number ?? 0
  const initial: Proposal | null =
    current.data && document ? { document, based_on: number, note: '', explanations: {}, take_over: false } : null
  const asked = from.kind === 'preset' ? presets : from.kind === 'environment' ? other : older
  return {
    initial,
    // Of what has no revision the server computes the same document with and without a preview.
    computed: current.data?.is_proposal_only ? current.data.document : document,
    number,
    error: current.error ?? asked.error,
    retry: () => void Promise.all([current.refetch(), asked.error && asked.refetch()]),
  }
}

export default function FormPage() {
  const which = route.useParams()
  const { start } = route.useSearch()
  const right = useMayPropose(which.project, which.environment)
  const begin = useStart(which, start, right.data?.allowed === false)
  const title = useConfigurationTitle()
  if (begin.initial && begin.computed && right.data)
    return (
      <ErrorBoundary name="configuration">
        <AccessForm
          key={[which.project, which.environment, which.name, start].join(' ')}
          which={which}
          start={start ?? ''}
          initial={begin.initial}
          computed={begin.computed}
          inForce={begin.number}
          refusal={right.data.allowed ? null : right.data}
        />
      </ErrorBoundary>
    )
  const error = begin.error ?? right.error
  return (
    <div className={css.pad}>
      <PageTitle title={title('form.title', which)} className="hidden-visually" />
      {error ? (
        <RegionError
          error={error}
          retry={() => {
            begin.retry()
            void right.refetch()
          }}
        />
      ) : (
        <Loading>
          <SkeletonRows rows={8} height={44} />
        </Loading>
      )}
    </div>
  )
}
