/** The filter of the table, all of it in the URL: words, how hard, in which tier. */
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { SearchField } from '@/components/form/SearchField'
import { LEVELS, TIERS, type Filter, type Level, type Tier } from './model'
import admin from '../Admin.module.css'
import css from './standards.module.css'

type Props = { filter: Filter; onChange: (part: Partial<Filter>) => void; count: number; of: number }

export function Filters({ filter, onChange, count, of }: Props) {
  const { t } = useTranslation(['standards', 'common'])
  return (
    <div className={admin.tools} role="search" aria-label={t('filter')}>
      <SearchField
        className={`${admin.search} ${css.find}`}
        label={t('search')}
        value={filter.q ?? ''}
        onSearch={(q) => onChange({ q: q || undefined })}
      />
      <Select<Level>
        aria-label={t('level')}
        placeholder={t('any_level')}
        allowClear
        className={css.choice}
        value={filter.level ?? null}
        options={LEVELS.map((level) => ({ value: level, label: t(`level.${level}`) }))}
        onChange={(level?: Level) => onChange({ level })}
      />
      <Select<Tier>
        aria-label={t('tier')}
        placeholder={t('any_tier')}
        allowClear
        className={css.choice}
        value={filter.tier ?? null}
        options={TIERS.map((tier) => ({ value: tier, label: t(`common:tier.${tier}`) }))}
        onChange={(tier?: Tier) => onChange({ tier })}
      />
      <span className="t3 s12 tnum" role="status">
        {of > 0 && (count === of ? t('count', { count }) : t('count_of', { shown: count, count: of }))}
      </span>
    </div>
  )
}
