/** Why filing was refused, where no field tells it; what a lost answer may have filed already is named. */
import { useTranslation } from 'react-i18next'
import { RegionError } from '@/components/states'
import type { ApiError } from '@/lib/api/errors'
import { restOf } from './Field'
import { FiledBefore } from './FiledBefore'
import css from './form.module.css'

type Props = {
  filing: { error: ApiError | null; filedBefore: number | null; startAnew: () => void }
  /** the fields under which the form tells by itself what is wrong */
  shown?: readonly string[]
}

export function FilingTrouble({ filing: { error, filedBefore, startAnew }, shown = [] }: Props) {
  const { t } = useTranslation()
  if (!error) return null
  if (filedBefore !== null) return <FiledBefore ticket={filedBefore} startAnew={startAnew} />
  if (restOf(error, shown)) return <RegionError error={error} />
  return (
    <p className={css.problem} role="alert">
      {t('look_at_fields')}
    </p>
  )
}
