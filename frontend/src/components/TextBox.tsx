/** A line or a few lines to write in, on the browser's own elements: for what the first load shows, where antd's Input would weigh too much. */
import type { ComponentPropsWithRef, CSSProperties } from 'react'
import css from './TextBox.module.css'

type Shared = {
  /** what is written does not do: the border says so, the sentence is the caller's */
  bad?: boolean
}

export function TextBox({ bad, className = '', ...rest }: ComponentPropsWithRef<'input'> & Shared) {
  return <input type="text" {...rest} className={`${css.box} ${className}`} aria-invalid={bad || undefined} />
}

type AreaProps = Omit<ComponentPropsWithRef<'textarea'>, 'rows'> &
  Shared & { /** lines at least */ least?: number; /** lines before it scrolls */ most?: number }

/** Grows with what is written; a browser that cannot lets it be pulled. */
export function TextArea({ bad, least = 2, most = 8, className = '', ...rest }: AreaProps) {
  return (
    <textarea
      {...rest}
      rows={least}
      className={`${css.box} ${css.area} ${className}`}
      aria-invalid={bad || undefined}
      style={{ '--least': least, '--most': most } as CSSProperties}
    />
  )
}
