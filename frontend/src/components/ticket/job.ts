/** What a pre-rollout Job says of itself: read from its step's output, whose shape is not trusted. Pure. */

export type JobRun = {
  /** words of the command, as they were given */ command: string[]
  exitCode: number | null
  log: string
  /** the log's beginning is missing */ isCut: boolean
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null for a step of another kind, and while no Job was made. */
export function jobOf(step: { name: string; output: unknown }): JobRun | null {
  if (step.name !== 'run_pre_rollout' || !isObject(step.output) || typeof step.output.job !== 'string') return null
  const { command, exit_code: exitCode, log, log_is_cut: isCut } = step.output
  return {
    command: Array.isArray(command) ? command.map(String) : [],
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    log: typeof log === 'string' ? log : '',
    isCut: isCut === true,
  }
}
