/** A toast for what happened out of sight (never an error), and undo for what was just done (UI.md §6.4). */
import { createStore } from '@/lib/store'

export type Toast = { id: number; text: string; action?: { label: string; run: () => void }; seconds: number }
export const toasts = createStore<Toast[]>([])
let next = 1

export function notify(text: string, action?: Toast['action'], seconds = 6): void {
  const toast = { id: next++, text, action, seconds }
  toasts.set([...toasts.get(), toast])
  setTimeout(() => dismiss(toast.id), seconds * 1000)
}

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id))
}
