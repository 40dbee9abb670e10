/** A pod as people speak of it: how it is, its version, its age. The name of the pod stays for copying only. */
import { useTranslation } from 'react-i18next'
import { ImageName } from '@/components/Image'
import { StateMark } from '@/components/Status'
import type { Pod } from '@/lib/api/terminals'
import { POD_HUE } from '@/lib/pods'
import { secondsSince, shortAge } from '@/lib/time'

/** "not ready, 3 restarts, 2 h old" */
export function usePodLine(): (pod: Pod) => string {
  const { t } = useTranslation('workload')
  const { t: common } = useTranslation()
  return (pod) =>
    t('pod.line', {
      state: t(`pod.${pod.state}`),
      restarts: t('pod.restarts', { count: pod.restarts }),
      age: pod.created_at ? shortAge(secondsSince(pod.created_at), common) : '–',
    })
}

export function PodState({ pod }: { pod: Pod }) {
  const { t } = useTranslation('workload')
  return (
    <span className="row" title={pod.detail}>
      <StateMark hue={POD_HUE[pod.state]} />
      <span className="b5">{t(`pod.${pod.state}`)}</span>
    </span>
  )
}

export function PodVersion({ pod }: { pod: Pick<Pod, 'version' | 'is_new'> }) {
  const { t } = useTranslation('workload')
  return (
    <span className="row">
      <ImageName tag={pod.version} />
      <span className={pod.is_new ? 'b5' : 't3'}>{t(pod.is_new ? 'new' : 'old')}</span>
    </span>
  )
}
