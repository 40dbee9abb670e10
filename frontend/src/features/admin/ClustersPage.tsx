/** Clusters: what the portal may do there, and its test. Everybody reads the list, administrators change it. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useIsPhone } from '@/lib/screen'
import { Connections } from './connections/Connections'
import { Head } from './parts/Head'
import { useRight } from './rights'

const route = getRouteApi('/inside/admin/clusters')

export default function ClustersPage() {
  const { t } = useTranslation('admin')
  const { t: frame } = useTranslation('frame')
  const { edit, add } = route.useSearch()
  const navigate = route.useNavigate()
  const phone = useIsPhone()
  const right = useRight({ action: 'cluster.manage' })
  const open = (name: string | undefined, adding?: true) => void navigate({ search: { edit: name, add: adding } })
  return (
    <>
      <Head
        page="clusters"
        right={
          <>
            <Link to="/brakes" className="link">
              {frame('go.brakes')}
            </Link>
            {right.allowed && (
              <Button
                icon={<Plus size={14} aria-hidden />}
                aria-label={phone ? t('connection.add.cluster') : undefined}
                onClick={() => open(undefined, true)}
              >
                {!phone && t('connection.add.cluster')}
              </Button>
            )}
          </>
        }
      />
      {right.refusal}
      <Connections kind="cluster" edit={edit} add={Boolean(add)} mayChange={right.allowed} onOpen={open} />
    </>
  )
}
