/** Chooses one of the GitLab servers, Jenkins controllers or registries the portal knows. */
import type { UseQueryResult } from '@tanstack/react-query'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { describedBy, Field } from '@/components/form/Field'
import type { System, SystemKind } from '@/lib/api/queries'

type Props = {
  kind: Exclude<SystemKind, 'cluster'>
  query: UseQueryResult<System[]>
  value: string
  problem: string | null
  onChange: (name: string) => void
}

export function SystemSelect({ kind, query, value, problem, onChange }: Props) {
  const { t } = useTranslation('projects')
  const systems = query.data
  return (
    <Field
      id={kind}
      label={t(`form.${kind}`)}
      problem={problem}
      help={systems?.length === 0 ? t('form.no_system') : undefined}
    >
      <Select
        {...describedBy(kind)}
        aria-label={t(`form.${kind}`)}
        loading={query.isPending}
        value={value || undefined}
        onChange={onChange}
        status={problem ? 'error' : undefined}
        options={systems?.map((one) => ({ value: one.name, label: one.name })) ?? []}
      />
    </Field>
  )
}
