/** The right column: quota, what clusters say, and the result as YAML, as a change, or as the values of its Helm chart. A failed preview leaves the last good one, greyed. */
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/components/CopyButton'
import { DownloadButton } from '@/components/DownloadButton'
import { Segments } from '@/components/Segments'
import { Loading, SkeletonRows } from '@/components/states'
import { sentence, type Reason } from '@/lib/i18n'
import type { Preview, Which } from '../queries'
import { Change, linesOfChange } from './Change'
import { Clusters } from './Clusters'
import { Quota } from './Quota'
import { Yaml } from './Yaml'
import css from './rail.module.css'

export type Tab = 'yaml' | 'change' | 'values'
type Cluster = Preview['clusters'][number]
type Props = {
  which: Which
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

/** The text of a tab that is one, and the file it is given as. */
function textOf(tab: Tab, { name, environment }: Which, shown: Cluster | undefined): { text: string; file: string } {
  const file = `${name}-${environment}-${shown?.cluster}`
  if (tab === 'values') return { text: shown?.helm_values ?? '', file: `${file}-values.yaml` }
  return { text: tab === 'yaml' ? (shown?.yaml ?? '') : '', file: `${file}.yaml` }
}

type TabsProps = Pick<Props, 'which' | 'tab' | 'onTab' | 'onCluster'> & {
  lines: number
  known: Cluster[]
  shown: Cluster | undefined
}

function Tabs({ which, tab, onTab, onCluster, lines, known, shown }: TabsProps) {
  const { t } = useTranslation('configuration')
  const { text, file } = textOf(tab, which, shown)
  return (
    <div className={css.tabs}>
      <Segments<Tab>
        aria-label={t('result')}
        value={tab}
        options={[
          { value: 'yaml', label: t('tab.yaml') },
          { value: 'change', label: lines ? t('tab.change', { count: lines }) : t('tab.change_none') },
          { value: 'values', label: t('tab.values') },
        ]}
        onChange={onTab}
      />
      {tab !== 'change' && known.length > 1 && (
        <Select
          size="small"
          aria-label={t('cluster')}
          value={shown?.cluster}
          options={known.map(({ cluster }) => ({ value: cluster, label: cluster }))}
          onChange={onCluster}
          className={css.cluster}
        />
      )}
      <span className="grow" />
      {text && (
        <span className={css.take}>
          <CopyButton text={text} label={t(tab === 'values' ? 'copy_values' : 'copy_yaml')} />
          <DownloadButton text={text} name={file} label={t('download_as', { name: file })} />
        </span>
      )}
    </div>
  )
}

type ResultProps = Pick<Props, 'tab' | 'focused'> & { preview: Preview; shown: Cluster | undefined; isOld: boolean }

function Result({ tab, focused, preview, shown, isOld }: ResultProps) {
  const { t } = useTranslation('configuration')
  if (tab === 'change')
    return (
      <div className={css.change}>
        <Change preview={preview} />
      </div>
    )
  if (!shown) return <p className={css.empty}>{t('no_yaml')}</p>
  if (tab === 'yaml')
    return <Yaml label={t('tab.yaml')} yaml={shown.yaml} findings={preview.findings} focused={focused} isOld={isOld} />
  if (!shown.helm_values) return <p className={css.empty}>{t('no_values')}</p>
  return <Yaml label={t('tab.values')} yaml={shown.helm_values} findings={[]} focused="" isOld={isOld} />
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
          <div className={css.bones}>
            <Loading>
              <SkeletonRows rows={8} height={22} />
            </Loading>
          </div>
        )}
      </div>
    )
  const known = preview.clusters.filter((one) => one.yaml)
  const shown = known.find((one) => one.cluster === props.cluster) ?? known[0]
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
        <Tabs {...props} lines={linesOfChange(preview)} known={known} shown={shown} />
        <Result tab={tab} focused={focused} preview={preview} shown={shown} isOld={Boolean(trouble)} />
      </div>
    </div>
  )
}
