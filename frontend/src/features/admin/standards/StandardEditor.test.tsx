/** The form of a standard: what is sent, what a refusal and an answer show, what a draft keeps. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, configure, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { Suspense } from 'react'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { meQuery } from '@/lib/api/queries'
import { loadNamespaces, startLanguages } from '@/lib/i18n'
import type { Standard } from './model'
import { StandardEditor } from './StandardEditor'

const shown = {
  sentence_en: 'Liveness begins after 60 s.',
  sentence_zh: '存活探针在 60 秒后开始。',
  reason_en: 'A JVM takes long to start.',
  reason_zh: 'JVM 启动较慢。',
}
const STANDARD: Standard = {
  id: 'probes.java_delay',
  ...shown,
  shown,
  levels: { development: 'warn', test: 'warn', staging: 'deny', production: 'deny' },
  languages: ['java'],
  thresholds: { seconds: 60 },
  limits: [{ name: 'seconds', usual: 60, least: 1, most: 600, is_whole: true, unit: 's' }],
  updated_at: null,
  updated_by: '',
}
const IMPACT = { documents: 0, denied: 0, warned: 0, newly_denied: 0, newly_warned: 0, examples: [] }
const LANGUAGES = new Map([['java', 'Java']])

type Sent = { method: string; path: string; body: unknown }
let sent: Sent[]
let answers: Record<string, { status: number; body: unknown }>

// A busy machine draws a form in seconds; nothing here is about time.
vi.setConfig({ testTimeout: 60_000 })
configure({ asyncUtilTimeout: 20_000 })

beforeAll(async () => {
  await startLanguages('en')
  await loadNamespaces(['admin', 'standards'])
})

/** jsdom's own storage is absent under some Nodes. */
function keptHere(): Storage {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage
}

beforeEach(() => {
  sent = []
  answers = {}
  Element.prototype.scrollIntoView ??= () => undefined
  vi.stubGlobal('localStorage', keptHere())
  vi.stubGlobal('fetch', async (request: Request | string) => {
    if (typeof request === 'string') return Response.json({ csrf_token: 'x' })
    const path = new URL(request.url).pathname
    sent.push({ method: request.method, path, body: await request.json() })
    const answer = answers[request.method] ?? { status: 500, body: {} }
    return Response.json(answer.body, { status: answer.status })
  })
})
afterEach(() => vi.unstubAllGlobals())

function open() {
  const client = new QueryClient({ defaultOptions: { mutations: { retry: false } } })
  client.setQueryData(meQuery.queryKey, { id: 7, time_zone: 'UTC' } as never)
  render(
    <QueryClientProvider client={client}>
      <Suspense>
        <StandardEditor standard={STANDARD} languageNames={LANGUAGES} />
      </Suspense>
    </QueryClientProvider>,
  )
}

/** Found without `ByRole`: it works out the style of every element, which takes seconds on a busy machine. */
const choose = (tier: string, level: string) => {
  const segments = [...document.querySelectorAll(`[aria-label="Level in ${tier}"] label`)]
  fireEvent.click(segments.find((one) => one.textContent === level)!.querySelector('input')!)
}
const press = (text: string) => fireEvent.click(screen.getByText(text))
const saving = () => screen.queryByText('Save changes')
const seconds = () => screen.getByLabelText('At least')

test('Save comes with the first change, shows it, and one changed level sends all four', async () => {
  answers.PATCH = { status: 200, body: STANDARD }
  open()
  expect(saving()).toBeNull()
  choose('Test', 'Deny')
  expect(document.querySelector('[aria-label="What changes"]')?.textContent).toBe('Test-Warn+Deny')
  press('Save changes')
  await waitFor(() => expect(saving()).toBeNull())
  expect(sent).toEqual([
    {
      method: 'PATCH',
      path: '/api/v1/standards/probes.java_delay/',
      body: { levels: { development: 'warn', test: 'deny', staging: 'deny', production: 'deny' } },
    },
  ])
})

test('a level chosen and taken back is no change', () => {
  open()
  choose('Test', 'Deny')
  choose('Test', 'Warn')
  expect(saving()).toBeNull()
})

test('a refused threshold is told under its field, and nothing typed is lost', async () => {
  const params = { name: 'seconds', least: 1, most: 600 }
  const problem = { code: 'standard.threshold_out_of_range', params, detail: '' }
  answers.PATCH = { status: 400, body: { ...problem, fields: { 'thresholds.seconds': [problem] } } }
  open()
  fireEvent.change(seconds(), { target: { value: '9999' } })
  press('Save changes')
  const said = await screen.findByText(/The threshold “seconds” must be between 1 and 600/)
  expect(seconds().getAttribute('aria-describedby')).toBe(said.id)
  expect((seconds() as HTMLInputElement).value).toBe('9999')
  expect(saving()).not.toBeNull()
})

test('a try sends the change, saves nothing, and says plainly that there is nothing to try it against', async () => {
  answers.POST = { status: 200, body: IMPACT }
  open()
  choose('Production', 'Off')
  press('Try the change')
  await screen.findByText(/there is nothing to try it against/)
  expect(sent.map(({ method, path }) => [method, path])).toEqual([['POST', '/api/v1/standards/probes.java_delay/try']])
  expect(saving()).not.toBeNull()
})

test('the answer of a try goes with the next change: it was about another one', async () => {
  answers.POST = { status: 200, body: { ...IMPACT, documents: 12, denied: 5, warned: 2, newly_denied: 3 } }
  open()
  choose('Test', 'Deny')
  press('Try the change')
  await screen.findByText('Would newly refuse 3 and newly warn of 0, of 12 configurations in force.')
  choose('Development', 'Deny')
  expect(screen.queryByText(/Would newly refuse/)).toBeNull()
})

test('what was typed is there again after the page was lost, and can be discarded', async () => {
  open()
  choose('Test', 'Off')
  await waitFor(() => expect(localStorage.getItem('opsportal.draft.7.standard.probes.java_delay')).not.toBeNull())
  cleanup()
  open()
  expect(screen.getByText(/Restored from your draft/)).toBeTruthy()
  expect(saving()).not.toBeNull()
  press('Discard it')
  expect(saving()).toBeNull()
  expect(localStorage.getItem('opsportal.draft.7.standard.probes.java_delay')).toBeNull()
})
