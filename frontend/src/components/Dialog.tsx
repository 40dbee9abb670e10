/**
 * A modal on the browser's own <dialog>: focus stays inside, the page behind is inert, Escape closes.
 * For the frame, where antd's Modal would weigh too much. Single keys are off while it is open.
 */
import { useEffect, useRef, type ReactNode } from 'react'
import css from './Dialog.module.css'

type Props = {
  label: string
  /** absent: the dialog cannot be left without an answer */
  onClose?: () => void
  className?: string
  children: ReactNode
}

export function Dialog({ label, onClose, className, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    if (element && !element.open) element.showModal()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      className={`${css.dialog} ${className ?? ''}`}
      data-keys-blocked
      onCancel={(event) => {
        event.preventDefault()
        onClose?.()
      }}
      onPointerDown={(event) => {
        if (event.target === dialog.current) onClose?.()
      }}
    >
      <div className={css.inside}>{children}</div>
    </dialog>
  )
}

/** The dialog's title, where its focus begins: what may be done in it often comes later than the dialog. */
export function DialogTitle({ children }: { children: ReactNode }) {
  return (
    <h2 className={css.title} tabIndex={-1} ref={(element) => element?.setAttribute('autofocus', '')}>
      {children}
    </h2>
  )
}
