/** The filter row of the list: name, language, stage, mine. The URL holds what is chosen; this only writes it. */
import { useQuery } from '@tanstack/react-query'
import { Segmented, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { SearchField } from '@/components/form/SearchField'
import { languagesQuery } from '@/lib/api/queries'
import css from './Projects.module.css'

export const STAGES = ['requested', 'active', 'archived'] as const
export type Filter = { q?: string; lang?: string; mine?: true; stage?: (typeof STAGES)[number] }

export function Filters({ filter, onChange }: { filter: Filter; onChange: (part: Partial<Filter>) => void }) {
  const { t } = useTranslation('projects')
  const languages = useQuery(languagesQuery).data?.results ?? []
  return (
    <div className={css.filters} role="search">
      <SearchField
        className={css.search}
        label={t('filter.name')}
        value={filter.q ?? ''}
        onSearch={(q) => onChange({ q: q || undefined })}
      />
      <Select
        className={css.languages}
        aria-label={t('filter.language')}
        placeholder={t('filter.language')}
        allowClear
        value={filter.lang}
        onChange={(lang?: string) => onChange({ lang })}
        options={languages.map((one) => ({ value: one.slug, label: one.name }))}
      />
      <Select
        className={css.languages}
        aria-label={t('filter.stage')}
        placeholder={t('filter.stage')}
        allowClear
        value={filter.stage}
        onChange={(stage?: Filter['stage']) => onChange({ stage })}
        options={STAGES.map((stage) => ({ value: stage, label: t(`stage.${stage}`) }))}
      />
      <Segmented
        aria-label={t('filter.whose')}
        value={filter.mine ? 'mine' : 'all'}
        onChange={(value) => onChange({ mine: value === 'mine' ? true : undefined })}
        options={[
          { value: 'all', label: t('filter.all') },
          { value: 'mine', label: t('filter.mine') },
        ]}
      />
    </div>
  )
}
