/** The pods to choose from, worst first, each by how it is. Moves no row under the pointer: the choice is kept by name. */
import type { UseQueryResult } from '@tanstack/react-query'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { PodState, usePodLine } from '@/components/pods/PodName'
import { Age } from '@/components/Age'
import { Tag } from '@/components/Image'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { Status } from '@/components/Status'
import type { Pod, PodList } from '@/lib/api/terminals'
import { sentence } from '@/lib/i18n'
import css from './terminals.module.css'

type Props = { found: UseQueryResult<PodList>; chosen: Pod | undefined; choose: (pod: Pod) => void }

export function PodChoice({ found, chosen, choose }: Props) {
  const { t } = useTranslation('terminals')
  const { t: words } = useTranslation('workload')
  const name = useId()
  const line = usePodLine()
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!found.data)
    return (
      <Loading>
        <SkeletonRows rows={3} />
      </Loading>
    )
  const { pods, clusters } = found.data
  return (
    <fieldset className={css.pods}>
      <legend>{t('f.pod')}</legend>
      {clusters
        .filter((one) => !one.reachable)
        .map((one) => (
          <p key={one.cluster} className="t2 hatched">
            {sentence(one)}
          </p>
        ))}
      {!pods.length && <Empty>{words('no_pods')}</Empty>}
      {pods.map((pod) => (
        <label key={pod.uid} className={css.pod} data-pod={pod.name}>
          <input
            type="radio"
            name={name}
            checked={pod.uid === chosen?.uid}
            onChange={() => choose(pod)}
            aria-label={`${line(pod)}, ${pod.version}, ${pod.cluster}`}
          />
          <span className={css.podWords}>
            <PodState pod={pod} />
            {pod.state !== 'running' && pod.detail && <span className="t2 s12">{pod.detail}</span>}
            <span className="t2 s12">
              <Tag tag={pod.version} short /> · {words(pod.is_new ? 'new' : 'old')} ·{' '}
              {words('pod.restarts', { count: pod.restarts })} ·{' '}
              {pod.created_at && (
                <>
                  {words('pod.age')} <Age at={pod.created_at} short /> ·{' '}
                </>
              )}
              <span className="mono">{pod.cluster}</span>
            </span>
            {pod.touched_at && <Status status="open" label={words('touched', { by: pod.touched_by })} plain />}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
