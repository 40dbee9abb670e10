/** Theme of this browser: light, dark or what the system says. The account keeps it; this keeps the page in step. */
import { createStore } from './store'

export type ThemeChoice = 'system' | 'light' | 'dark'
export type Mode = 'light' | 'dark'

const systemDark = () => typeof matchMedia === 'function' && matchMedia('(prefers-color-scheme: dark)').matches
const KEY = 'opsportal.theme'

function remembered(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    return 'system' // storage may be forbidden
  }
}

export const themeChoice = createStore<ThemeChoice>(remembered())
const resolve = (choice: ThemeChoice): Mode => (choice === 'system' ? (systemDark() ? 'dark' : 'light') : choice)
export const mode = createStore<Mode>(resolve(themeChoice.get()))

function show(): void {
  mode.set(resolve(themeChoice.get()))
  document.documentElement.dataset.theme = mode.get()
}

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.set(choice)
  try {
    localStorage.setItem(KEY, choice)
  } catch (error) {
    console.debug('the theme is not remembered', error)
  }
  show()
}

if (typeof matchMedia === 'function') matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show)
