/** What a project's receiver answered when it was told of a version: from the step's output, whose shape is not trusted. Pure. */
import type { Schemas } from '@/lib/api/client'

export type Callback = {
  /** what happened, in words */ note: NonNullable<Schemas['Step']['note']>
  /** the beginning of its answer */ said: string
  /** it took the call */ isTaken: boolean
}

type Told = Pick<Schemas['Step'], 'name' | 'output' | 'note'>

/** Null for a step of another kind, and until the receiver answered or was given up. */
export function callbackOf(step: Told): Callback | null {
  if (step.name !== 'call_back' || !step.note) return null
  const output = step.output as { said?: unknown } | null
  const said = typeof output?.said === 'string' ? output.said : ''
  return { note: step.note, said, isTaken: step.note.code === 'callback.answered' }
}

/** What nobody should miss although the ticket succeeded: the receiver did not take the call. */
export const missedCallback = (steps: readonly Told[]): Callback | null =>
  steps.map(callbackOf).find((one) => one !== null && !one.isTaken) ?? null
