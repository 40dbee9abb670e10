/** The filter row of the releases list. Holds nothing: every choice goes into the URL at once. */
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { ManySelect } from '@/components/form/ManySelect'
import { SearchField } from '@/components/form/SearchField'
import { nameOf } from '@/components/Person'
import type { Schemas } from '@/lib/api/client'
import { projectEnvironmentsQuery } from '@/lib/api/queries'
import { TICKET_KINDS, TICKET_STATUSES } from '@/lib/status'
import css from './releases.module.css'

export type Search = { env?: string; status?: string[]; by?: string; kind?: string[]; q?: string }
type Props = { project: string; search: Search; people: Schemas['Person'][]; onChange: (part: Search) => void }

export function Filters({ project, search, people, onChange }: Props) {
  const { t } = useTranslation('releases')
  const { t: common } = useTranslation()
  const environments = useQuery(projectEnvironmentsQuery(project))
  const requesters = new Map(people.map((person) => [person.username, nameOf(person)]))
  if (search.by && search.by !== 'me' && !requesters.has(search.by)) requesters.set(search.by, search.by)
  return (
    <div className={css.filters} role="search">
      <SearchField
        className={css.find}
        label={t('filter.find')}
        value={search.q ?? ''}
        onSearch={(q) => onChange({ q: q || undefined })}
      />
      <Select
        aria-label={t('filter.environment')}
        placeholder={t('filter.environment')}
        allowClear
        value={search.env}
        className={css.select}
        onChange={(env?: string) => onChange({ env })}
        options={environments.data?.results.map((one) => ({ value: one.environment, label: one.name })) ?? []}
      />
      <ManySelect
        aria-label={t('filter.status')}
        placeholder={t('filter.status')}
        maxTagCount="responsive"
        allowClear
        showSearch={false}
        value={search.status}
        className={css.selectWide}
        onChange={(status: string[]) => onChange({ status: status.length ? status : undefined })}
        options={TICKET_STATUSES.map((status) => ({ value: status, label: common(`status.${status}`) }))}
      />
      <ManySelect
        aria-label={t('filter.kind')}
        placeholder={t('filter.kind')}
        maxTagCount="responsive"
        allowClear
        showSearch={false}
        value={search.kind}
        className={css.select}
        onChange={(kind: string[]) => onChange({ kind: kind.length ? kind : undefined })}
        options={TICKET_KINDS.map((kind) => ({ value: kind, label: common(`kind.${kind}`) }))}
      />
      <Select
        aria-label={t('filter.who')}
        placeholder={t('filter.who')}
        allowClear
        value={search.by}
        className={css.select}
        onChange={(by?: string) => onChange({ by })}
        options={[
          { value: 'me', label: t('filter.me') },
          ...[...requesters].map(([value, label]) => ({ value, label })),
        ]}
      />
    </div>
  )
}
