/** The world outside the portal, changed by hand: what somebody with kubectl could do. */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { inject } from 'vitest'

type Address = { port: number; admin_port: number }
type Cluster = { name: string; address: Address; admin_token: string; ca_pem: string }
type World = {
  gitlab: Address
  jenkins: Address
  registry: Address
  clusters: Cluster[]
  gitlab_token: string
  jenkins_user: string
  jenkins_api_token: string
}

/** Where the stand-ins listen, and the keys to them. */
export const world = (): World =>
  JSON.parse(readFileSync(join(inject('dataDir'), 'sandbox/world.json'), 'utf8')) as World

function cluster(name: string): Cluster {
  const found = world().clusters.find((one) => one.name === name)
  if (!found) throw new Error(`the demo has no cluster ${name}`)
  return found
}

function call(where: Cluster, method: string, path: string, type: string, body?: unknown): Promise<string> {
  return new Promise((done, fail) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: where.address.port,
        method,
        path,
        ca: where.ca_pem,
        checkServerIdentity: () => undefined,
        headers: { Authorization: `Bearer ${where.admin_token}`, 'Content-Type': type },
        timeout: 10_000,
      },
      (answer) => {
        let text = ''
        answer.on('data', (piece: Buffer) => (text += piece.toString()))
        answer.on('end', () =>
          (answer.statusCode ?? 500) < 300 ? done(text) : fail(new Error(`${answer.statusCode} ${text}`)),
        )
      },
    )
    asked.on('error', fail)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

type Deployment = { spec: { template: { spec: { containers: { name: string; image: string }[] } } } }
const path = (namespace: string, name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`

export async function imageIn(clusterName: string, namespace: string, name: string): Promise<string> {
  const text = await call(cluster(clusterName), 'GET', path(namespace, name), 'application/json')
  return (JSON.parse(text) as Deployment).spec.template.spec.containers[0]?.image ?? ''
}

/** `kubectl set image`: what a rollback by hand at night looks like to the portal. */
export async function setImageByHand(
  clusterName: string,
  namespace: string,
  name: string,
  image: string,
): Promise<void> {
  const text = await call(cluster(clusterName), 'GET', path(namespace, name), 'application/json')
  const container = (JSON.parse(text) as Deployment).spec.template.spec.containers[0]?.name
  const patch = { spec: { template: { spec: { containers: [{ name: container, image }] } } } }
  await call(cluster(clusterName), 'PATCH', path(namespace, name), 'application/strategic-merge-patch+json', patch)
}

const KINDS = [
  'api/v1/namespaces',
  'api/v1/services',
  'api/v1/configmaps',
  'api/v1/secrets',
  'apis/apps/v1/deployments',
  'apis/autoscaling/v2/horizontalpodautoscalers',
  'apis/batch/v1/cronjobs',
  'apis/networking.k8s.io/v1/ingresses',
  'apis/policy/v1/poddisruptionbudgets',
]
type Objects = { items: { metadata: { namespace?: string; name: string } }[] }

/** What lies in a cluster, by name: of the kinds that a configuration is made of. */
export async function objectsOf(clusterName: string): Promise<string[]> {
  const lists = KINDS.map(async (kind) => {
    const text = await call(cluster(clusterName), 'GET', `/${kind}`, 'application/json')
    const plural = kind.split('/').pop() ?? ''
    return (JSON.parse(text) as Objects).items.map(({ metadata }) =>
      [plural, metadata.namespace, metadata.name].filter(Boolean).join(' '),
    )
  })
  return (await Promise.all(lists)).flat().sort()
}

async function askGitLab<T>(method: string, path: string, data?: unknown): Promise<T> {
  const { gitlab, gitlab_token } = world()
  const answer = await fetch(`http://127.0.0.1:${gitlab.port}/api/v4/${path}`, {
    method,
    headers: { 'PRIVATE-TOKEN': gitlab_token, 'Content-Type': 'application/json' },
    body: data === undefined ? undefined : JSON.stringify(data),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

const at = (repository: string) => `projects/${encodeURIComponent(repository)}`

type Repository = { id: number; path_with_namespace: string }
export const repositories = () => askGitLab<Repository[]>('GET', 'projects?per_page=100')

/** A commit on a new branch, as a developer would push it; `.sandbox.json` tells the stand-in Jenkins how its build goes. */
export async function pushBranch(project: string, branch: string, wishes: object, message: string): Promise<void> {
  const actions = [{ action: 'update', file_path: '.sandbox.json', content: JSON.stringify(wishes) }]
  const commit = { branch, start_branch: 'main', commit_message: message, actions }
  await askGitLab('POST', `${at(`shop/${project}`)}/repository/commits`, commit)
}

/** A repository with a history of its language that no project has yet; its number in GitLab. */
export async function newRepository(repository: string, language: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${world().gitlab.admin_port}/projects`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ path: repository, language, visibility: 'private' }),
  })
  if (!answer.ok) throw new Error(`${repository}: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { id: number }).id
}

/** Where GitLab calls when something is pushed there. */
export const hooksOf = async (repository: string): Promise<string[]> =>
  (await askGitLab<{ url: string }[]>('GET', `${at(repository)}/hooks`)).map((hook) => hook.url)

/** A call to Jenkins as the portal's user. */
function askJenkins(path: string, init: RequestInit = {}): Promise<Response> {
  const { jenkins, jenkins_user, jenkins_api_token } = world()
  const login = Buffer.from(`${jenkins_user}:${jenkins_api_token}`).toString('base64')
  const headers = { Authorization: `Basic ${login}`, 'Content-Type': 'text/xml; charset=utf-8' }
  return fetch(`http://127.0.0.1:${jenkins.port}${path}`, { ...init, headers })
}

export async function jobs(): Promise<string[]> {
  const answer = await askJenkins('/api/json?tree=jobs[name]')
  return ((await answer.json()) as { jobs: { name: string }[] }).jobs.map(({ name }) => name)
}

/** Somebody edits the build shell of a job in Jenkins, unless it was edited already. */
export async function editJobByHand(job: string): Promise<void> {
  const path = `/job/${job}/config.xml`
  const xml = await (await askJenkins(path)).text()
  if (xml.includes('FAST=1')) return
  const edited = xml.replace('stage compile', 'export FAST=1 # asked for by the payment team\nstage compile')
  const answer = await askJenkins(path, { method: 'POST', body: edited })
  if (edited === xml || !answer.ok) throw new Error(`${job} was not edited: ${answer.status}`)
}
