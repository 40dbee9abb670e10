/**
 * Starts a demo portal of its own (data folder, free ports) for the browser suites and ends it with its parent.
 * `OPSPORTAL_URL` with `OPSPORTAL_DATA_DIR` names one that already runs instead.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'

const CHECKOUT = resolve(import.meta.dirname, '../../..')
const UP_WITHIN = 240_000

declare module 'vitest' {
  export interface ProvidedContext {
    url: string
    dataDir: string
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPSPORTAL|DJANGO)_/.test(name)))
}

/** Resolves when the demo says that it is up; what it printed until then is the error otherwise. */
function isUp(demo: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    let printed = ''
    const timer = setTimeout(() => fail(new Error(`the demo was not up in time:\n${printed}`)), UP_WITHIN)
    const take = (piece: Buffer) => {
      printed += piece.toString()
      if (!printed.includes('opsportal is up')) return
      clearTimeout(timer)
      done()
    }
    demo.stdout?.on('data', take)
    demo.stderr?.on('data', take)
    demo.once('exit', (code) => fail(new Error(`the demo ended with ${code}:\n${printed}`)))
  })
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env.OPSPORTAL_URL) {
    project.provide('url', process.env.OPSPORTAL_URL)
    project.provide('dataDir', resolve(CHECKOUT, process.env.OPSPORTAL_DATA_DIR ?? '.data'))
    return undefined
  }
  const folder = mkdtempSync(join(tmpdir(), 'opsportal-e2e-'))
  const dataDir = join(folder, 'data')
  const port = await freePort()
  const demo = spawn(join(CHECKOUT, '.venv/bin/python'), ['manage.py', 'demo'], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...ownEnvironment(),
      OPSPORTAL_DATA_DIR: dataDir,
      OPSPORTAL_PORT: String(port),
      OPSPORTAL_DEMO_BUILD_SECONDS: process.env.OPSPORTAL_DEMO_BUILD_SECONDS ?? '6',
    },
  })
  await isUp(demo)
  project.provide('url', `http://127.0.0.1:${port}`)
  project.provide('dataDir', dataDir)
  return async () => {
    const ended = new Promise((done) => demo.once('exit', done))
    demo.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}
