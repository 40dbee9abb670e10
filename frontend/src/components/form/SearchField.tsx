/** A search field whose text lives in the URL: written there when typing pauses, so that typing stays quick. "/" leads into it. */
import { Input, type InputRef } from 'antd'
import { Search } from 'lucide-react'
import { useRef } from 'react'
import { Key } from '@/components/Key'
import { useTyped } from '@/lib/debounced'
import { useKey } from '@/lib/keys'
import css from './SearchField.module.css'

const trimmed = (text: string) => text.trim()

type Props = { label: string; value: string; onSearch: (text: string) => void; className?: string }

export function SearchField({ label, value, onSearch, className }: Props) {
  const [typed, setTyped] = useTyped(value, onSearch, trimmed)
  const input = useRef<InputRef>(null)
  useKey('/', () => input.current?.focus({ cursor: 'all' }))
  return (
    <Input
      ref={input}
      type="search"
      aria-label={label}
      placeholder={label}
      value={typed}
      maxLength={128}
      className={`${css.field} ${className ?? ''}`}
      allowClear
      prefix={<Search size={14} className="t3" aria-hidden />}
      suffix={typed ? undefined : <Key>/</Key>}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
    />
  )
}
