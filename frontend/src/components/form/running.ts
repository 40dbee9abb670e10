/** How a service runs, as it is typed: a command is one argument a line. Pure; the server decides what is right. */
import type { Schemas } from '@/lib/api/client'

export type RunningDraft = {
  deploy_path: string
  log_path: string
  start_command: string
  stop_command: string
  callback: string
}
export type RunningField = keyof RunningDraft
type Sent = Required<Pick<Schemas['PatchedProjectChangeRequest'], RunningField>>

/** One argument a line; an empty line is none. Nothing is split at spaces or quotes: no shell reads it. */
export const argvOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '')

export const runningOf = (project: Pick<Schemas['Project'], RunningField>): RunningDraft => ({
  deploy_path: project.deploy_path,
  log_path: project.log_path,
  start_command: project.start_command.join('\n'),
  stop_command: project.stop_command.join('\n'),
  callback: project.callback.url ?? '',
})

export function sentOf(draft: RunningDraft): Sent {
  const url = draft.callback.trim()
  return {
    deploy_path: draft.deploy_path,
    log_path: draft.log_path,
    start_command: argvOf(draft.start_command),
    stop_command: argvOf(draft.stop_command),
    callback: url ? { url } : {},
  }
}
