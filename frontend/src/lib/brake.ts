/** The emergency brake as other parts of a page meet it: a reason for which a step waits. Knows codes only. */
import type { Reason } from './i18n'

const HOLDING = new Set(['brake.on', 'brake.on_cluster'])

/** Whether this is why a step waits: nothing is wrong with it, and it goes on by itself. */
export const isHeld = (reason: Reason | null | undefined): boolean => reason != null && HOLDING.has(reason.code)
