/** Pods as rows, worst first, as the server orders them. The name of a pod is there to copy, never to read. */
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { SquareTerminal } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { CopyButton } from '@/components/CopyButton'
import { PodState, PodVersion, usePodLine } from '@/components/pods/PodName'
import { Status } from '@/components/Status'
import type { Pod } from '@/lib/api/terminals'
import css from './workload.module.css'

type Props = { pods: Pod[]; marked?: string; onShell?: (pod: Pod) => void }

export function PodTable({ pods, marked, onShell }: Props) {
  const { t } = useTranslation('workload')
  return (
    <div className={css.frame}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('col.state')}</th>
            <th scope="col">{t('col.version')}</th>
            <th scope="col">{t('col.ready')}</th>
            <th scope="col">{t('col.restarts')}</th>
            <th scope="col">{t('col.age')}</th>
            <th scope="col">{t('col.cluster')}</th>
            <th scope="col">{t('col.node')}</th>
            <th scope="col">
              <span className="hidden-visually">{t('col.do')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pods.map((pod) => (
            <PodRow key={pod.uid} pod={pod} isMarked={pod.name === marked} onShell={onShell} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function PodRow({ pod, isMarked, onShell }: { pod: Pod; isMarked: boolean; onShell?: (pod: Pod) => void }) {
  const { t } = useTranslation('workload')
  const line = usePodLine()
  const ready = pod.containers.filter((one) => one.ready).length
  return (
    <tr data-pod={pod.name} aria-selected={isMarked || undefined} className={isMarked ? css.marked : undefined}>
      <td className={css.aState}>
        <PodState pod={pod} />
        {pod.state !== 'running' && <p className={css.why}>{pod.detail}</p>}
        {pod.touched_session !== null && (
          <Link to="/terminals/$id" params={{ id: String(pod.touched_session) }} className={css.touched}>
            <Status status="open" label={t('touched', { by: pod.touched_by })} plain />
          </Link>
        )}
      </td>
      <td className={css.aVersion}>
        <PodVersion pod={pod} />
      </td>
      <td className="tnum" data-label={t('col.ready')}>
        {ready}/{pod.containers.length}
      </td>
      <td className="tnum" data-label={t('col.restarts')}>
        {pod.restarts}
      </td>
      <td className="t2" data-label={t('col.age')}>
        {pod.created_at ? <Age at={pod.created_at} short /> : '–'}
      </td>
      <td className="mono" data-label={t('col.cluster')}>
        {pod.cluster}
      </td>
      <td className="mono t2" data-label={t('col.node')}>
        {pod.node || '–'}
      </td>
      <td className={css.aDo}>
        <CopyButton text={pod.name} label={t('copy_name')} />
        {onShell && (
          <Button
            type="text"
            size="small"
            icon={<SquareTerminal size={15} aria-hidden />}
            aria-label={t('shell_of', { pod: line(pod) })}
            title={t('shell')}
            onClick={() => onShell(pod)}
          />
        )}
      </td>
    </tr>
  )
}
