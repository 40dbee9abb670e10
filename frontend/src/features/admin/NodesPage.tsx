/** The nodes of a cluster: where pods may go, and what a spread over hosts or racks would do there (E7). */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button, InputNumber, Segmented } from 'antd'
import { RotateCw } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { Empty, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { NodeTable } from './nodes/NodeTable'
import { spreadOf, type Preset } from './nodes/nodes'
import { nodesQuery } from './nodes/queries'
import { Head } from './parts/Head'
import css from './Admin.module.css'
import own from './nodes/nodes.module.css'

const route = getRouteApi('/inside/admin/clusters/$cluster/nodes')
const PRESETS = ['hosts', 'racks'] as const satisfies readonly Preset[]
const MOST = 1000

function SpreadPreview({ found }: { found: Schemas['Nodes'] }) {
  const { t } = useTranslation('admin')
  const id = useId()
  const [preset, setPreset] = useState<Preset>('racks')
  const [replicas, setReplicas] = useState(3)
  const { places, most, left } = spreadOf(found.results, preset, replicas)
  const without = preset === 'racks' ? t('nodes.no_racks', { label: found.rack_label }) : t('nodes.spread.none')
  return (
    <section className={own.preview} aria-labelledby={id}>
      <h2 id={id}>{t('nodes.preview')}</h2>
      <div className={own.choices}>
        <Segmented
          aria-label={t('nodes.preset')}
          value={preset}
          onChange={setPreset}
          options={PRESETS.map((value) => ({ value, label: t(`nodes.preset.${value}`) }))}
        />
        <label className={own.replicas}>
          <span className="t2">{t('nodes.replicas')}</span>
          <InputNumber
            value={replicas}
            min={1}
            max={MOST}
            precision={0}
            onChange={(value) => setReplicas(value ?? 1)}
            style={{ width: 80 }}
          />
        </label>
      </div>
      <p role="status">{places ? t(`nodes.spread.${preset}`, { count: places, most, left, replicas }) : without}</p>
    </section>
  )
}

function Shown({ found }: { found: Schemas['Nodes'] }) {
  const { t } = useTranslation('admin')
  if (!found.results.length)
    return (
      <div className={css.tableCard}>
        <Empty>{t('nodes.none')}</Empty>
      </div>
    )
  return (
    <>
      <SpreadPreview found={found} />
      <NodeTable nodes={found.results} rackLabel={found.rack_label} />
    </>
  )
}

export default function NodesPage() {
  const { t } = useTranslation('admin')
  const { cluster } = route.useParams()
  const found = useQuery(nodesQuery(cluster))
  const again = () => void found.refetch()
  return (
    <>
      <Head
        page="clusters"
        below={{ name: t('nodes.of', { cluster }), lead: t('nodes.lead') }}
        right={
          <Button icon={<RotateCw size={14} aria-hidden />} loading={found.isFetching} onClick={again}>
            {t('nodes.again')}
          </Button>
        }
      />
      {found.isError && (
        <RegionError error={found.error} retry={again} shownAt={found.data ? found.dataUpdatedAt : undefined} />
      )}
      {found.isPending && <Loading />}
      {found.data && (
        <>
          <p className={`t3 s12 ${own.read}`}>
            {t('nodes.read')} <ClockTime at={found.data.read_at} /> · {t('nodes.by_label')}{' '}
            <code className="mono">{found.data.rack_label}</code>
          </p>
          <Shown found={found.data} />
        </>
      )}
    </>
  )
}
