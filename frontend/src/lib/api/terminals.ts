/** Emergency terminals: sessions, claims, recordings, and the pods one may choose from (`/api/v1/terminal-sessions/`). */
import type { paths } from '@/gen/api'
import { currentLanguage } from '@/lib/i18n'
import { api, body, type Schemas } from './client'
import { errorOf } from './errors'

export type Session = Schemas['TerminalSession']
export type SessionDetail = Schemas['TerminalSessionDetail']
export type NewSession = Schemas['OpenSessionRequest']
export type Happened = Schemas['Happened']
export type Pod = Schemas['LivePod']
export type PodContainer = Schemas['Container']
export type PodList = Schemas['PodListing']
export type SessionFilter = Omit<
  NonNullable<paths['/api/v1/terminal-sessions/']['get']['parameters']['query']>,
  'cursor'
>

const of = (id: number) => ({ params: { path: { session_id: id } } })

export const getSessions = (query: SessionFilter & { cursor?: string }, signal: AbortSignal) =>
  body(api.GET('/api/v1/terminal-sessions/', { params: { query }, signal }))

export const getSession = (id: number, signal: AbortSignal) =>
  body(api.GET('/api/v1/terminal-sessions/{session_id}/', { ...of(id), signal }))

export const openSession = (wanted: NewSession) => body(api.POST('/api/v1/terminal-sessions/', { body: wanted }))

export const newClaim = async (id: number): Promise<string> =>
  (await body(api.POST('/api/v1/terminal-sessions/{session_id}/claims/', of(id)))).claim

export const endSession = (id: number, message: string) =>
  body(api.POST('/api/v1/terminal-sessions/{session_id}/end/', { ...of(id), body: { message } }))

export const extendSession = (id: number, minutes: number) =>
  body(api.POST('/api/v1/terminal-sessions/{session_id}/extend/', { ...of(id), body: { minutes } }))

export const watchSession = (id: number) => api.POST('/api/v1/terminal-sessions/{session_id}/watch/', of(id))

export const recyclePod = (id: number, reason: string) =>
  body(api.POST('/api/v1/terminal-sessions/{session_id}/recycle/', { ...of(id), body: { reason } }))

export const getIntegrity = (id: number, signal: AbortSignal) =>
  body(api.GET('/api/v1/terminal-sessions/{session_id}/recording/verify/', { ...of(id), signal }))

export const getPods = (slug: string, workload: number, signal: AbortSignal) =>
  body(
    api.GET('/api/v1/projects/{slug}/workloads/{workload_id}/pods/', {
      params: { path: { slug, workload_id: workload } },
      signal,
    }),
  )

export type Piece = { bytes: Uint8Array; size: number; complete: boolean }

/** Bytes of a recording from an offset on, as they are: a stream of lines is no JSON answer. */
export async function getRecording(id: number, after: number, signal: AbortSignal): Promise<Piece> {
  const response = await fetch(`/api/v1/terminal-sessions/${id}/recording/?after=${after}`, {
    credentials: 'same-origin',
    headers: { 'Accept-Language': currentLanguage() },
    signal,
  })
  if (!response.ok) throw await errorOf(response)
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    size: Number(response.headers.get('X-Recording-Size') ?? 0),
    complete: response.headers.get('X-Recording-Complete') === 'true',
  }
}

export type ShellForm = { workload: number; minutes: number; break_glass: boolean; reason: string }

/** Asks for a shell where the policy wants a ticket, or breaks the glass. */
export const fileShell = (project: string, environment: string, form: ShellForm, key: string) =>
  body(
    api.POST('/api/v1/tickets/', {
      body: { kind: 'emergency_shell', project, environment, form, note: '' },
      params: { header: { 'Idempotency-Key': key } },
    }),
  )
