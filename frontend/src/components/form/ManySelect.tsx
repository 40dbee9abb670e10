/** A choice of several from a list. Tab leaves it as it is: antd would take the marked entry, and drop one that was just chosen. */
import { Select, type SelectProps } from 'antd'
import type { KeyboardEvent } from 'react'

/** With something typed Tab takes the entry that was found, as it does where one is chosen. */
function keepOnTab(event: KeyboardEvent<HTMLInputElement | HTMLTextAreaElement>): void {
  if (event.key === 'Tab' && event.currentTarget.value === '') event.stopPropagation()
}

export function ManySelect<T>(props: Omit<SelectProps<T>, 'mode' | 'onInputKeyDown'>) {
  return <Select<T> {...props} mode="multiple" onInputKeyDown={keepOnTab} />
}
