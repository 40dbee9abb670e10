/** What the document would change, as the clusters themselves answered to a dry run; clusters to which the same happens share a block. */
import { useTranslation } from 'react-i18next'
import { DiffBlocks } from '@/components/ticket/ChangeDiff'
import { objectGroups } from '@/components/ticket/diff'
import type { Preview } from '../queries'
import css from './rail.module.css'

const readOf = (preview: Preview) => preview.clusters.filter((one) => !one.not_checked && !one.refused)

/** How many lines it has; an object that comes or goes counts as one. */
export const linesOfChange = (preview: Preview): number =>
  objectGroups(readOf(preview)).reduce((sum, group) => sum + Math.max(1, group.lines.length), 0)

export function Change({ preview }: { preview: Preview }) {
  const { t } = useTranslation('configuration')
  const read = readOf(preview)
  const groups = objectGroups(read)
  if (!read.length) return <p className={css.empty}>{t('change.unread')}</p>
  if (!groups.length) return <p className={css.empty}>{t('change.none')}</p>
  return <DiffBlocks groups={groups} total={preview.clusters.length} />
}
