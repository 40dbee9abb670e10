/** GitLab, Jenkins and registries: one tab each, their rows and tests. For administrators. */
import { getRouteApi } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Connections } from './connections/Connections'
import { Head } from './parts/Head'
import { Guard, useRight } from './rights'
import css from './Admin.module.css'

const route = getRouteApi('/inside/admin/integrations')
const KINDS = ['gitlab', 'jenkins', 'registry'] as const

export default function IntegrationsPage() {
  const { t } = useTranslation('admin')
  const { kind = 'gitlab', edit, add } = route.useSearch()
  const navigate = route.useNavigate()
  const right = useRight({ action: 'integration.manage' })
  const open = (name: string | undefined, adding?: true) => void navigate({ search: { kind, edit: name, add: adding } })
  return (
    <>
      <Head
        page="integrations"
        right={
          right.allowed && (
            <Button icon={<Plus size={14} aria-hidden />} onClick={() => open(undefined, true)}>
              {t(`connection.add.${kind}`)}
            </Button>
          )
        }
      />
      <Guard action="integration.manage">
        <div className={css.tools}>
          <Segmented
            name="kind"
            aria-label={t('integrations.kind')}
            value={kind}
            onChange={(next) => void navigate({ search: { kind: next } })}
            options={KINDS.map((one) => ({ value: one, label: t(`integrations.${one}`) }))}
          />
        </div>
        <Connections key={kind} kind={kind} edit={edit} add={Boolean(add)} mayChange onOpen={open} />
      </Guard>
    </>
  )
}
