/** The reading of a streamed connection test. */
import { afterEach, expect, test, vi } from 'vitest'
import { lineReader, readLine, runCheck, type Check } from './runCheck'

vi.mock('@/lib/api/client', () => ({ unsafeHeaders: () => Promise.resolve({}), forgetCsrf: () => undefined }))
afterEach(() => vi.unstubAllGlobals())

const CHECK: Check = { name: 'tls', outcome: 'passed', ms: 6, code: '', params: {}, detail: '' }
const END = { at: '2026-11-21T15:40:43Z', ok: true }
const answering = (body: BodyInit, type: string, status = 200) =>
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status, headers: { 'Content-Type': type } })))
const run = async () => {
  const heard: string[] = []
  const end = await runCheck('/x', (check) => heard.push(check.name), new AbortController().signal)
  return { heard, end }
}

test('a line is told once it is whole, however it was cut on the way', () => {
  const lines: string[] = []
  const reader = lineReader((line) => lines.push(line))
  reader.take('{"a":')
  expect(lines).toEqual([])
  reader.take('1}\n{"b":2}\n\n{"c"')
  expect(lines).toEqual(['{"a":1}', '{"b":2}'])
  reader.take(':3}')
  reader.end()
  expect(lines).toEqual(['{"a":1}', '{"b":2}', '{"c":3}'])
})

test('the last line may say why there is no result', () => {
  expect(readLine(JSON.stringify(CHECK))).toEqual({ check: CHECK })
  expect(readLine(JSON.stringify(END))).toEqual({ end: END })
  expect(() => readLine('{"code":"database_unavailable","params":{},"detail":"…"}')).toThrow('502 database_unavailable')
})

test('streamed lines come one by one and end with the result', async () => {
  answering(
    `${JSON.stringify(CHECK)}\n${JSON.stringify({ ...CHECK, name: 'token' })}\n${JSON.stringify(END)}\n`,
    'application/x-ndjson',
  )
  expect(await run()).toEqual({ heard: ['tls', 'token'], end: END })
})

test('a stream that breaks off has no result, which is told as a lost connection', async () => {
  answering(`${JSON.stringify(CHECK)}\n`, 'application/x-ndjson')
  await expect(run()).rejects.toMatchObject({ code: 'ui.network' })
})

test('an answer in one document is read the same way', async () => {
  answering(JSON.stringify({ ...END, checks: [CHECK] }), 'application/json')
  expect(await run()).toEqual({ heard: ['tls'], end: END })
})

test('a refusal is the error the portal gave', async () => {
  answering(JSON.stringify({ code: 'policy.needs_admin', detail: 'no' }), 'application/json', 403)
  await expect(run()).rejects.toMatchObject({ status: 403, code: 'policy.needs_admin' })
})
