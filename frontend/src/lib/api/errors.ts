/** What the API refuses or fails with, as one class. Pages branch on `code`, never on text. */

export type FieldProblem = { code: string; params?: Record<string, unknown>; detail: string }

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly params: Record<string, unknown> = {},
    readonly fields: Record<string, FieldProblem[] | FieldProblem> | null = null,
    readonly requestId = '',
    readonly retryAfter: number | null = null,
  ) {
    super(`${status} ${code}`)
    this.name = 'ApiError'
  }

  /** Nothing came back: no network, or the portal is away. */
  get isNetwork(): boolean {
    return this.status === 0
  }

  get isDenied(): boolean {
    return this.status === 403
  }

  get isMissing(): boolean {
    return this.status === 404
  }
}

type Body = {
  code?: string
  detail?: string
  params?: Record<string, unknown>
  fields?: ApiError['fields']
  request_id?: string
}

/** The error in an answer; an answer that is not ours (a proxy's page) is told as such. */
export async function errorOf(response: Response): Promise<ApiError> {
  let body: Body
  try {
    body = (await response.json()) as Body
  } catch {
    body = { code: response.status >= 500 ? 'ui.portal_away' : 'ui.not_ours' }
  }
  const wait = Number(response.headers.get('Retry-After'))
  return new ApiError(
    response.status,
    body.code ?? 'ui.not_ours',
    body.detail ?? '',
    body.params ?? {},
    body.fields ?? null,
    body.request_id ?? '',
    Number.isFinite(wait) && wait > 0 ? wait : null,
  )
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, 'ui.network', '')
