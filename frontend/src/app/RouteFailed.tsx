/** A page that could not be shown: what the portal refused, or a mistake of ours. Must not tell "missing" from "not yours". */
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { Broken, RegionError } from '@/components/states'
import { ApiError } from '@/lib/api/errors'
import css from './frame/Frame.module.css'
import { NotFound } from './NotFound'

export function RouteFailed({ error, reset }: ErrorComponentProps<unknown>) {
  const router = useRouter()
  const again = () => {
    reset()
    void router.invalidate()
  }
  if (error instanceof ApiError) {
    if (error.isMissing) return <NotFound />
    return (
      <div className={css.alone}>
        <RegionError error={error} retry={again} />
      </div>
    )
  }
  return (
    <div className={css.alone}>
      <Broken error={error instanceof Error ? error : new Error(String(error))} retry={again} />
    </div>
  )
}
