/** The verdict panel beside a page; open while there is an environment. The panel is loaded when it is first opened. */
import { Drawer } from 'antd'
import { lazy, Suspense } from 'react'
import { Loading } from '@/components/states'
import { withWords } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'

const VerdictPanel = lazy(withWords(['verdict'], () => import('@/components/verdict/VerdictPanel')))

const MASK = { background: 'color-mix(in srgb, var(--term) 24%, transparent)' }
/** The panel has a head and a cross of its own. */
const PANEL = { mask: MASK, header: { display: 'none' }, body: { padding: 0 } }

type Props = {
  /** null: there is no one image to judge, which `otherwise` says */
  releaseId: number | null
  environment: string | undefined
  label: string
  otherwise?: string
  onClose: () => void
}

export default function VerdictDrawer({ releaseId, environment, label, otherwise, onClose }: Props) {
  const isPhone = useIsPhone()
  const hasOne = releaseId !== null
  return (
    <Drawer
      open={environment !== undefined}
      onClose={onClose}
      size={isPhone ? '100%' : 380}
      destroyOnHidden
      aria-label={label}
      title={hasOne ? undefined : label}
      closable={!hasOne}
      styles={hasOne ? PANEL : { mask: MASK }}
    >
      <Suspense fallback={<Loading />}>
        {environment !== undefined && hasOne && (
          <VerdictPanel releaseId={releaseId} environment={environment} onDone={onClose} onClose={onClose} />
        )}
      </Suspense>
      {!hasOne && <p className="t2">{otherwise}</p>}
    </Drawer>
  )
}
