/** One of a few, side by side: radio buttons of the browser in the look of a segmented control, where antd's would weigh too much. */
import { useId } from 'react'
import css from './Segments.module.css'

type Props<T extends string> = {
  'aria-label': string
  options: readonly (T | { value: T; label: string })[]
  value: T | undefined
  onChange: (value: T) => void
}

export function Segments<T extends string>({ 'aria-label': label, options, value, onChange }: Props<T>) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label={label} className={css.track}>
      {options.map((option) => {
        const one = typeof option === 'string' ? { value: option, label: option } : option
        return (
          <label key={one.value} className={css.segment}>
            <input
              type="radio"
              name={name}
              value={one.value}
              checked={one.value === value}
              onChange={() => onChange(one.value)}
            />
            <span className={css.label}>{one.label}</span>
          </label>
        )
      })}
    </div>
  )
}
