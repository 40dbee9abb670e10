/** Why it was not filed; what a lost answer may have filed already is named. */
import { FiledBefore } from '@/components/form/FiledBefore'
import { RegionError } from '@/components/states'
import type { Filing } from './queries'

export function FilingTrouble({ filing }: { filing: Filing }) {
  if (filing.filedBefore !== null) return <FiledBefore ticket={filing.filedBefore} startAnew={filing.startAnew} />
  return filing.error && <RegionError error={filing.error} />
}
