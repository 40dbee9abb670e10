/** The world outside the portal, changed by hand: what somebody with kubectl could do. */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { inject } from 'vitest'

type Cluster = { name: string; address: { port: number }; admin_token: string; ca_pem: string }

function cluster(name: string): Cluster {
  const world = JSON.parse(readFileSync(join(inject('dataDir'), 'sandbox/world.json'), 'utf8')) as {
    clusters: Cluster[]
  }
  const found = world.clusters.find((one) => one.name === name)
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

type GitLab = { gitlab: { port: number; admin_port: number }; gitlab_token: string }

const gitlab = () => JSON.parse(readFileSync(join(inject('dataDir'), 'sandbox/world.json'), 'utf8')) as GitLab

async function askGitLab<T>(method: string, path: string, repository: string, data?: unknown): Promise<T> {
  const world = gitlab()
  const url = `http://127.0.0.1:${world.gitlab.port}/api/v4/projects/${encodeURIComponent(repository)}/${path}`
  const answer = await fetch(url, {
    method,
    headers: { 'PRIVATE-TOKEN': world.gitlab_token, 'Content-Type': 'application/json' },
    body: data === undefined ? undefined : JSON.stringify(data),
  })
  if (!answer.ok) throw new Error(`${method} ${path} of ${repository}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** A commit on a new branch, as a developer would push it; `.sandbox.json` tells the stand-in Jenkins how its build goes. */
export async function pushBranch(project: string, branch: string, wishes: object, message: string): Promise<void> {
  const actions = [{ action: 'update', file_path: '.sandbox.json', content: JSON.stringify(wishes) }]
  const commit = { branch, start_branch: 'main', commit_message: message, actions }
  await askGitLab('POST', 'repository/commits', `shop/${project}`, commit)
}

/** A repository with a history of its language that no project has yet. */
export async function newRepository(repository: string, language: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${gitlab().gitlab.admin_port}/projects`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ path: repository, language, visibility: 'private' }),
  })
  if (!answer.ok) throw new Error(`${repository}: ${answer.status} ${await answer.text()}`)
}

/** Where GitLab calls when something is pushed there. */
export const hooksOf = async (repository: string): Promise<string[]> =>
  (await askGitLab<{ url: string }[]>('GET', 'hooks', repository)).map((hook) => hook.url)

type Jenkins = { jenkins: { port: number }; jenkins_user: string; jenkins_api_token: string }

/** Somebody edits the build shell of a job in Jenkins, unless it was edited already. */
export async function editJobByHand(job: string): Promise<void> {
  const world = JSON.parse(readFileSync(join(inject('dataDir'), 'sandbox/world.json'), 'utf8')) as Jenkins
  const url = `http://127.0.0.1:${world.jenkins.port}/job/${job}/config.xml`
  const login = Buffer.from(`${world.jenkins_user}:${world.jenkins_api_token}`).toString('base64')
  const headers = { Authorization: `Basic ${login}`, 'Content-Type': 'text/xml; charset=utf-8' }
  const xml = await (await fetch(url, { headers })).text()
  if (xml.includes('FAST=1')) return
  const edited = xml.replace('stage compile', 'export FAST=1 # asked for by the payment team\nstage compile')
  const answer = await fetch(url, { method: 'POST', headers, body: edited })
  if (edited === xml || !answer.ok) throw new Error(`${job} was not edited: ${answer.status}`)
}
