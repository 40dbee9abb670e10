/** Which overlay of the frame is open. One at a time; the palette and the help are chunks of their own. */
import { createStore } from '@/lib/store'

export type Overlay = 'palette' | 'help' | null
export const overlay = createStore<Overlay>(null)
export const closeOverlay = () => overlay.set(null)
