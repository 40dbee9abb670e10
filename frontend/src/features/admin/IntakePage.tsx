/** Bulk intake: find what belongs together, look at it as a table, take in what is ticked (P9). For administrators. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { whyQuery } from '@/lib/api/queries'
import { Batch } from './intake/Batch'
import { Batches } from './intake/Batches'
import { Head } from './parts/Head'
import { Guard } from './rights'

const route = getRouteApi('/inside/admin/intake')

export default function IntakePage() {
  const { batch } = route.useSearch()
  const right = useQuery(whyQuery({ action: 'intake.manage' }))
  if (!right.data?.allowed)
    return (
      <>
        <Head page="intake" />
        <Guard action="intake.manage">{null}</Guard>
      </>
    )
  return batch === undefined ? <Batches /> : <Batch key={batch} id={batch} />
}
