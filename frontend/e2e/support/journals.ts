/** What stands outside, and what was done to it: the truth about the stand-ins is read from them, never from the portal. */
import { hooksOf, jobs, objectsOf, repositories, world } from './outside'

export type Entry = {
  n: number
  server: string
  kind: string
  method: string
  path: string
  accepted: boolean
  subject: string
  agent: string
}
export type Marks = Record<string, number>

/** Where each stand-in is asked about itself. */
function desks(): [server: string, url: string][] {
  const { gitlab, jenkins, registry, clusters } = world()
  const all: [string, number][] = [
    ['gitlab', gitlab.admin_port],
    ['jenkins', jenkins.admin_port],
    ['registry', registry.admin_port],
    ...clusters.map(({ name, address }): [string, number] => [name, address.admin_port]),
  ]
  return all.map(([server, port]) => [server, `http://127.0.0.1:${port}`])
}

async function asked<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`${init?.method ?? 'GET'} ${url}: ${answer.status} ${await answer.text()}`)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

/** How long every journal is now. */
export async function mark(): Promise<Marks> {
  const read = desks().map(async ([server, url]) => {
    const { last } = await asked<{ last: number }>(`${url}/journal?since=${Number.MAX_SAFE_INTEGER}`)
    return [server, last] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

/** What the stand-ins accepted since then, journal by journal, in order. */
export async function since(marks: Marks): Promise<Entry[]> {
  const read = desks().map(async ([server, url]) => {
    const path = `${url}/journal?accepted=true&since=${marks[server] ?? 0}`
    const { entries } = await asked<{ entries: Entry[] }>(path)
    return entries.map((entry) => ({ ...entry, server }))
  })
  return (await Promise.all(read)).flat()
}

type Fault = { kind: string; action: 'delay' | 'status'; times: number; seconds?: number; status?: number }

/** From now on the portal's calls of this kind go wrong; whoever else calls is served. */
export async function trouble(server: string, fault: Fault): Promise<void> {
  const body = JSON.stringify({ ...fault, match: { 'user-agent': 'opsportal' } })
  await asked(`${deskOf(server)}/faults`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
}

/** How many calls went wrong so far. */
export async function struck(server: string): Promise<number> {
  const faults = await asked<{ struck: number }[]>(`${deskOf(server)}/faults`)
  return faults.reduce((sum, one) => sum + one.struck, 0)
}

export const noTrouble = (server: string) => asked(`${deskOf(server)}/faults`, { method: 'DELETE' })

function deskOf(server: string): string {
  const found = desks().find(([name]) => name === server)
  if (!found) throw new Error(`the demo has no stand-in ${server}`)
  return found[1]
}

/** Everything that stands outside, by name: webhooks, jobs, and the objects of each cluster. */
export async function standing(): Promise<Record<string, string[]>> {
  const hooks = (await repositories()).map(async ({ path_with_namespace: path }) =>
    (await hooksOf(path)).map((hook) => `${path} ${hook}`),
  )
  const clusters = world().clusters.map(async ({ name }) => [name, await objectsOf(name)] as const)
  return {
    hooks: (await Promise.all(hooks)).flat().sort(),
    jobs: (await jobs()).sort(),
    ...Object.fromEntries(await Promise.all(clusters)),
  }
}
