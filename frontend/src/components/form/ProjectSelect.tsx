/** Finds a project by the beginning of its name; the value is its slug. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useState } from 'react'
import { projectsQuery } from '@/lib/api/queries'
import { useDebounced } from '@/lib/debounced'

type Props = {
  id?: string
  label: string
  placeholder: string
  value: string | undefined
  onChange: (slug: string | undefined) => void
  className?: string
  width?: number | string
}

export function ProjectSelect({ id, label, placeholder, value, onChange, className, width }: Props) {
  const [text, setText] = useState('')
  const q = useDebounced(text.trim(), 250)
  const found = useQuery({ ...projectsQuery({ q: q || undefined, limit: 50 }), placeholderData: keepPreviousData })
  const slugs = new Set([...(value && !text ? [value] : []), ...(found.data?.results ?? []).map(({ slug }) => slug)])
  return (
    <Select
      id={id}
      aria-label={label}
      placeholder={placeholder}
      allowClear
      value={value ?? null}
      loading={found.isFetching}
      className={className}
      style={className ? undefined : { width: width ?? '100%' }}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={[...slugs].map((slug) => ({ value: slug, label: slug }))}
      onChange={(slug: string | null | undefined) => {
        setText('')
        onChange(slug ?? undefined)
      }}
    />
  )
}
