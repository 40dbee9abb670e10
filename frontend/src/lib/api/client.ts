/** The one door to the API: typed paths, CSRF, language, errors as `ApiError`. Must not keep data; queries do. */
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from '@/gen/api'
import { currentLanguage } from '@/lib/i18n'
import { answered, portalAway, unreachable } from './connection'
import { ApiError, errorOf } from './errors'
import { sessionEnded } from './session'

export type Schemas = components['schemas']

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const TIMEOUT = 30_000
let csrfToken: Promise<string> | null = null

async function fetchCsrf(): Promise<string> {
  const response = await fetch('/api/v1/csrf', { credentials: 'same-origin' })
  if (!response.ok) throw await errorOf(response)
  return ((await response.json()) as { csrf_token: string }).csrf_token
}

/** Signing in or out makes a new token: forget the old one. */
export function forgetCsrf(): void {
  csrfToken = null
}

/** Headers every unsafe request needs; for the few calls that read a stream and cannot go through `api`. */
export async function unsafeHeaders(): Promise<Record<string, string>> {
  csrfToken ??= fetchCsrf()
  try {
    return { 'X-CSRFToken': await csrfToken, 'Accept-Language': currentLanguage() }
  } catch (error) {
    csrfToken = null
    throw error
  }
}

const middleware: Middleware = {
  async onRequest({ request }) {
    request.headers.set('Accept-Language', currentLanguage())
    if (UNSAFE.has(request.method)) {
      for (const [name, value] of Object.entries(await unsafeHeaders())) request.headers.set(name, value)
    }
    return request
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) {
      answered()
      return undefined
    }
    const error = await errorOf(response)
    if (error.code === 'ui.portal_away') portalAway()
    else answered()
    if (error.code === 'csrf_failed') forgetCsrf()
    if (error.status === 401 && schemaPath !== '/api/v1/login') sessionEnded()
    throw error
  },
  onError({ error }) {
    if (error instanceof ApiError) return error
    if (error instanceof DOMException && error.name === 'AbortError') return error
    unreachable()
    return new ApiError(0, 'ui.network', '')
  },
}

export const api = createClient<paths>({
  baseUrl: typeof window === 'undefined' ? '' : window.location.origin,
  credentials: 'same-origin',
  querySerializer: { array: { style: 'form', explode: true } },
  fetch: (request: Request) =>
    fetch(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]) })),
})
api.use(middleware)

/** The body of an answer; `onResponse` has thrown on everything that is not one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T
}
