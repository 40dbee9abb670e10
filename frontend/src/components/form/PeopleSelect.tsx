/** Finds people by the beginning of their name; the value is user names. `known` gives names to those chosen already. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import type { Schemas } from '@/lib/api/client'
import { peopleQuery } from '@/lib/api/queries'
import { ManySelect } from './ManySelect'

type Person = Schemas['Person']
type Common = { id: string; label: string; known?: Person[]; disabled?: boolean; problem?: boolean }
type Many = Common & { many: true; value: string[]; onChange: (usernames: string[]) => void }
type One = Common & { many?: false; value: string; onChange: (username: string) => void }

function useFound(text: string) {
  return useQuery({ ...peopleQuery(useDeferredValue(text.trim())), placeholderData: keepPreviousData })
}

export function PeopleSelect(props: Many | One) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const { data, isFetching } = useFound(text)
  const people = new Map<string, Person>()
  for (const person of [...(text ? [] : (props.known ?? [])), ...(data?.results ?? [])])
    people.set(person.username, person)
  const options = [...people.values()].map((person) => ({
    value: person.username,
    label: nameOf(person),
    name: person.username,
  }))
  const names = new Map((props.known ?? []).map((person) => [person.username, nameOf(person)]))
  const shared = {
    id: props.id,
    'aria-label': props.label,
    'aria-describedby': `${props.id}-text`,
    disabled: props.disabled,
    options,
    loading: isFetching,
    status: props.problem ? ('error' as const) : undefined,
    style: { width: '100%' },
    showSearch: { filterOption: false as const, onSearch: setText },
    optionRender: (option: { label?: React.ReactNode; value?: string | number | null }) => (
      <span className="row">
        {option.label}
        <span className="t3 s12">{option.value}</span>
      </span>
    ),
    notFoundContent: t('people.none'),
  }
  const label = (username: string) => people.get(username)?.display_name || names.get(username) || username
  if (props.many) {
    return (
      <ManySelect
        {...shared}
        labelInValue
        value={props.value.map((value) => ({ value, label: label(value) }))}
        onChange={(chosen) => {
          setText('')
          props.onChange(chosen.map((one) => one.value))
        }}
      />
    )
  }
  return (
    <Select
      {...shared}
      labelInValue
      value={props.value ? { value: props.value, label: label(props.value) } : null}
      placeholder={t('people.find')}
      onChange={(chosen: { value: string; label: string } | null) => {
        setText('')
        props.onChange(chosen?.value ?? '')
      }}
    />
  )
}
