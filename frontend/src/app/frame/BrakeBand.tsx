/** Asks on every page whether an emergency brake is on; how it looks is loaded when one is. */
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { ErrorBoundary } from '@/components/states'
import { brakesQuery } from '@/lib/api/queries'
import { withWords } from '@/lib/i18n'

const Band = lazy(withWords(['brakes'], () => import('@/features/brakes/Band')))

export function BrakeBand() {
  const { data } = useQuery(brakesQuery)
  if (!data?.length) return null
  return (
    <ErrorBoundary name="brakes">
      <Suspense>
        <Band brakes={data} />
      </Suspense>
    </ErrorBoundary>
  )
}
