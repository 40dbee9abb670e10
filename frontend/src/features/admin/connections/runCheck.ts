/**
 * A connection test as it happens: one line of JSON a check, then the result. A portal that answers with one JSON
 * document is read too. Must not decide what a check means.
 */
import { forgetCsrf, unsafeHeaders, type Schemas } from '@/lib/api/client'
import { ApiError, errorOf } from '@/lib/api/errors'
import { sessionEnded } from '@/lib/api/session'

export type Check = Schemas['Check']
export type CheckEnd = { at: string; ok: boolean }
type Failure = { code: string; params?: Record<string, unknown>; detail?: string; request_id?: string }

/** Takes text as it comes and gives whole lines; `rest` is what is left when nothing more comes. */
export function lineReader(onLine: (line: string) => void) {
  let kept = ''
  const tell = (line: string) => {
    if (line.trim()) onLine(line)
  }
  return {
    take(text: string) {
      const lines = (kept + text).split('\n')
      kept = lines.pop() ?? ''
      lines.forEach(tell)
    },
    end() {
      tell(kept)
      kept = ''
    },
  }
}

/** A line is a check, the result, or what kept the portal from having one. */
export function readLine(line: string): { check: Check } | { end: CheckEnd } {
  const said = JSON.parse(line) as Check | CheckEnd | Failure
  if ('name' in said) return { check: said }
  if ('at' in said) return { end: said }
  throw new ApiError(502, said.code, said.detail ?? '', said.params ?? {}, null, said.request_id ?? '')
}

async function readStream(stream: ReadableStream<Uint8Array>, onCheck: (check: Check) => void): Promise<CheckEnd> {
  let end: CheckEnd | null = null
  const lines = lineReader((line) => {
    const said = readLine(line)
    if ('check' in said) onCheck(said.check)
    else end = said.end
  })
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read())
    lines.take(decoder.decode(part.value, { stream: true }))
  lines.take(decoder.decode())
  lines.end()
  if (!end) throw new ApiError(0, 'ui.network', '')
  return end
}

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      credentials: 'same-origin',
      signal,
      body: '{}',
      // What follows the first type is for a portal that does not stream: it may answer as it likes.
      headers: {
        ...(await unsafeHeaders()),
        'Content-Type': 'application/json',
        Accept: 'application/x-ndjson, */*;q=0.1',
      },
    })
  } catch (error) {
    if (signal.aborted || error instanceof ApiError) throw error
    throw new ApiError(0, 'ui.network', '')
  }
}

export async function runCheck(url: string, onCheck: (check: Check) => void, signal: AbortSignal): Promise<CheckEnd> {
  const response = await ask(url, signal)
  if (!response.ok) {
    const error = await errorOf(response)
    if (error.code === 'csrf_failed') forgetCsrf()
    if (error.status === 401) sessionEnded()
    throw error
  }
  if (response.body && response.headers.get('Content-Type')?.includes('ndjson'))
    return readStream(response.body, onCheck)
  const whole = (await response.json()) as CheckEnd & { checks: Check[] }
  whole.checks.forEach(onCheck)
  return { at: whole.at, ok: whole.ok }
}
