/** Leads the eye and the focus to a field, or to a region of the page. */
import type { Stop } from './model/findings'

/** The control if there is one, else what stands around it. */
function inFocus(element: HTMLElement | null): void {
  if (!element) return
  element.scrollIntoView({ block: 'center' })
  const control = element.matches('input, select, textarea, [tabindex]')
    ? element
    : (element.querySelector<HTMLElement>('input, select, textarea') ??
      element.querySelector<HTMLElement>('button, [tabindex]'))
  control?.focus({ preventScroll: true })
}

const stop = ({ place, standard }: Stop): void => {
  // A warning waits for its explanation: the box to write it in comes first.
  const box = standard && document.querySelector<HTMLElement>(`[data-explains="${CSS.escape(standard)}"]`)
  const field = document.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(place)}"]`)
  const finding = standard && document.querySelector<HTMLElement>(`[data-standard="${CSS.escape(standard)}"]`)
  inFocus(box || field || finding || document.querySelector('form h1'))
}

const element = (id: string | null): void => {
  if (id) inFocus(document.getElementById(id))
}

export const goTo = { stop, element }
