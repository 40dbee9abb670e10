/** The form of project access as it is typed, and as the API wants it. Pure; the server decides what is right. */
import { sentOf, type RunningDraft } from '@/components/form/running'
import type { AccessForm, AccessOptions, Created } from '@/lib/api/access'
import { isWebAddress } from '@/lib/web'

export type MigrationState = AccessForm['migration']['state']

/** As typed: the name in its three parts, commands one argument a line. `key`: under which it is filed. */
export type Draft = RunningDraft & {
  key: string
  business: string
  type: string
  suffix: string
  name: string
  description: string
  language: string
  gitlab: string
  gitlab_path: string
  jenkins: string
  registry: string
  image_repository: string
  environments: string[]
  owners: string[]
  testers: string[]
  operators: string[]
  contacts: AccessForm['contacts']
  alarm_contacts: AccessForm['contacts']
  migration: MigrationState
  note: string
}

export const EMPTY: Draft = {
  key: '',
  business: '',
  type: '',
  suffix: '',
  name: '',
  description: '',
  language: '',
  gitlab: '',
  gitlab_path: '',
  jenkins: '',
  registry: '',
  image_repository: '',
  environments: [],
  owners: [],
  testers: [],
  operators: [],
  contacts: [],
  alarm_contacts: [],
  deploy_path: '',
  log_path: '',
  start_command: '',
  stop_command: '',
  callback: '',
  migration: 'vm',
  note: '',
}

export const slugOf = ({ business, type, suffix }: Pick<Draft, 'business' | 'type' | 'suffix'>): string =>
  [business, type, suffix]
    .map((part) => part.trim())
    .filter(Boolean)
    .join('-')

/** A whole name in its parts, such as `shop-book-api-n1`: the last two are server type and suffix. */
export function partsOf(slug: string): Pick<Draft, 'business' | 'type' | 'suffix'> {
  const pieces = slug.split('-')
  if (pieces.length < 3) return { business: pieces[0] ?? '', type: pieces[1] ?? '', suffix: '' }
  return { business: pieces.slice(0, -2).join('-'), type: pieces.at(-2) ?? '', suffix: pieces.at(-1) ?? '' }
}

/** The path in what people paste: an address of the browser, of `git clone`, or the path itself. */
export function pathOf(pasted: string): string {
  const text = pasted.trim()
  const ssh = /^[\w.-]+@[\w.-]+:(.+)$/.exec(text)
  const path = ssh?.[1] ?? (isWebAddress(text) ? new URL(text).pathname : text)
  return path
    .replace(/\/-\/.*$/, '')
    .replace(/\.git$/, '')
    .replace(/^\/+|\/+$/g, '')
}

const only = (chosen: string, names: string[] | undefined): string =>
  chosen || (names?.length === 1 ? (names[0] ?? '') : '')

/** The only server of its kind need not be chosen. */
export function withDefaults(draft: Draft, options: AccessOptions | undefined): Draft {
  return {
    ...draft,
    gitlab: only(draft.gitlab, options?.gitlabs),
    jenkins: only(draft.jenkins, options?.jenkins),
    registry: only(draft.registry, options?.registries),
  }
}

export function requestOf(draft: Draft): AccessForm {
  const named = { gitlab: draft.gitlab, jenkins: draft.jenkins, registry: draft.registry }
  const image = draft.image_repository.trim()
  return {
    slug: slugOf(draft),
    name: draft.name.trim(),
    description: draft.description,
    language: draft.language,
    gitlab_path: pathOf(draft.gitlab_path),
    ...Object.fromEntries(Object.entries(named).filter(([, name]) => name)),
    ...(image && { image_repository: image }),
    environments: draft.environments,
    owners: draft.owners,
    testers: draft.testers,
    operators: draft.operators,
    contacts: draft.contacts,
    alarm_contacts: draft.alarm_contacts,
    ...sentOf(draft),
    migration: { state: draft.migration },
    note: draft.note,
  }
}

/** What is asked while somebody types: the note changes nothing that is checked, and a contact begun is no mistake yet. */
export function questionOf(form: AccessForm): AccessForm {
  const whole = (contacts: AccessForm['contacts']) => contacts.filter((one) => one.name && one.address)
  return { ...form, note: '', contacts: whole(form.contacts), alarm_contacts: whole(form.alarm_contacts) }
}

export const SECTIONS = ['service', 'repository', 'people', 'running'] as const
export type Section = (typeof SECTIONS)[number]
export type FieldName = keyof AccessForm

export const FIELDS: Record<Section, FieldName[]> = {
  service: ['slug', 'name', 'language', 'description'],
  repository: ['gitlab', 'gitlab_path', 'registry', 'image_repository', 'jenkins'],
  people: ['owners', 'testers', 'operators', 'contacts', 'alarm_contacts'],
  running: [
    'environments',
    'migration',
    'deploy_path',
    'log_path',
    'start_command',
    'stop_command',
    'callback',
    'note',
  ],
}
/** What nobody can file without; the server says the rest. */
const NEEDED: FieldName[] = ['slug', 'name', 'language', 'gitlab', 'gitlab_path', 'environments']

export function isFilled(form: AccessForm, field: FieldName): boolean {
  const value = form[field]
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'object' ? Object.keys(value).length > 0 : Boolean(value)
}

export type SectionState = 'wrong' | 'done' | 'open'

export function stateOf(section: Section, form: AccessForm, isWrong: (field: FieldName) => boolean): SectionState {
  if (FIELDS[section].some(isWrong)) return 'wrong'
  const needed = FIELDS[section].filter((field) => NEEDED.includes(field))
  const asked = needed.length ? needed : FIELDS[section].slice(0, 1)
  return asked.every((field) => isFilled(form, field)) ? 'done' : 'open'
}

/** What approval will make, each kind of thing once with all its places. */
export function groupedCreates(creates: readonly Created[]): { what: string; rows: Created[] }[] {
  const groups = new Map<string, Created[]>()
  for (const one of creates) groups.set(one.what, [...(groups.get(one.what) ?? []), one])
  return [...groups].map(([what, rows]) => ({ what, rows }))
}
