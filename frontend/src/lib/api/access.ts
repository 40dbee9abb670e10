/** Calls of project access (`/api/v1/access/`), of what it made, and of archiving. */
import { api, body, type Schemas } from './client'

type Request = Schemas['RequestRequest']
/** What the server may fill in by itself. */
type Chosen = 'gitlab' | 'jenkins' | 'registry' | 'image_repository'
export type AccessForm = Required<Omit<Request, Chosen>> & Pick<Request, Chosen>
export type AccessCheck = Schemas['Checked']
export type AccessOptions = Schemas['Options']
export type Created = Schemas['Creates']
export type Provision = Schemas['Provision']
export type ArchivePreview = Schemas['ArchivePreview']

export const getOptions = (signal: AbortSignal) => body(api.GET('/api/v1/access/options/', { signal }))

export const getRepositories = (query: { gitlab: string; q: string }, signal: AbortSignal) =>
  body(api.GET('/api/v1/access/repositories/', { params: { query }, signal }))

export const checkAccess = (form: Schemas['CheckRequest'], signal?: AbortSignal) =>
  body(api.POST('/api/v1/access/check/', { body: form, signal }))

const keyed = (key: string) => ({ 'Idempotency-Key': key })

export const fileAccess = (form: AccessForm, key: string) =>
  body(api.POST('/api/v1/access/requests/', { body: form, params: { header: keyed(key) } }))

export const undoAccess = (ticket: number, key: string) =>
  body(api.POST('/api/v1/access/requests/{ticket}/undo/', { params: { path: { ticket }, header: keyed(key) } }))

export const getProvisions = (slug: string, signal: AbortSignal) =>
  body(api.GET('/api/v1/projects/{slug}/provisions/', { params: { path: { slug } }, signal }))

export const getArchive = (slug: string, signal: AbortSignal) =>
  body(api.GET('/api/v1/projects/{slug}/archive/', { params: { path: { slug } }, signal }))

export const fileArchive = (slug: string, request: Schemas['ArchiveRequest'], key: string) =>
  body(api.POST('/api/v1/projects/{slug}/archive/', { body: request, params: { path: { slug }, header: keyed(key) } }))
