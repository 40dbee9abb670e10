/** The right column: quota, what clusters say, and the result as YAML or as a change. A failed preview leaves the last good one, greyed. */
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/components/CopyButton'
import { Segments } from '@/components/Segments'
import { Loading, SkeletonRows } from '@/components/states'
import { sentence, type Reason } from '@/lib/i18n'
import type { Preview } from '../queries'
import { Change, linesOfChange } from './Change'
import { Clusters } from './Clusters'
import { Quota } from './Quota'
import { Yaml } from './Yaml'
import css from './rail.module.css'

export type Tab = 'yaml' | 'change'
type Props = {
  preview: Preview | null
  /** why what is shown is from before */
  trouble: Reason | null
  isBehind: boolean
  tab: Tab
  cluster: string | undefined
  focused: string
  takeOver: boolean
  onTab: (tab: Tab) => void
  onCluster: (cluster: string) => void
  onTakeOver: (take: boolean) => void
}

export function Rail(props: Props) {
  const { t } = useTranslation('configuration')
  const { preview, trouble, isBehind, tab, focused } = props
  if (!preview)
    return (
      <div className={css.rail}>
        {trouble ? (
          <p className={css.trouble} role="status">
            {sentence(trouble)}
          </p>
        ) : (
          <Loading>
            <SkeletonRows rows={8} height={22} />
          </Loading>
        )}
      </div>
    )
  const known = preview.clusters.filter((one) => one.yaml)
  const shown = known.find((one) => one.cluster === props.cluster) ?? known[0]
  const lines = linesOfChange(preview)
  return (
    <div className={css.rail}>
      {trouble && (
        <p className={css.trouble} role="status">
          {t('as_before')} {sentence(trouble)}
        </p>
      )}
      <div className={css.parts} data-old={Boolean(trouble) || isBehind || undefined} aria-busy={isBehind}>
        <Quota clusters={preview.clusters} />
        <Clusters preview={preview} takeOver={props.takeOver} onTakeOver={props.onTakeOver} />
        <div className={css.tabs}>
          <Segments<Tab>
            aria-label={t('result')}
            value={tab}
            options={[
              { value: 'yaml', label: t('tab.yaml') },
              { value: 'change', label: lines ? t('tab.change', { count: lines }) : t('tab.change_none') },
            ]}
            onChange={props.onTab}
          />
          {tab === 'yaml' && known.length > 1 && (
            <Select
              size="small"
              aria-label={t('cluster')}
              value={shown?.cluster}
              options={known.map(({ cluster }) => ({ value: cluster, label: cluster }))}
              onChange={props.onCluster}
              className={css.cluster}
            />
          )}
          <span className="grow" />
          {tab === 'yaml' && shown && <CopyButton text={shown.yaml} label={t('copy_yaml')} />}
        </div>
        {tab === 'change' ? (
          <div className={css.change}>
            <Change preview={preview} />
          </div>
        ) : shown ? (
          <Yaml yaml={shown.yaml} findings={preview.findings} focused={focused} isOld={Boolean(trouble)} />
        ) : (
          <p className={css.empty}>{t('no_yaml')}</p>
        )}
      </div>
    </div>
  )
}
