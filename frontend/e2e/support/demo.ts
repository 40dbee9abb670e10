/** The demo's own processes, seen from the machine it runs on: what a test kills, its supervisor starts again. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { until } from './people'

type Process = { pid: number; parent: number; command: string }

function processes(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 1 << 24 })
  return [...lines.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, parent, command]) => ({
    pid: Number(pid),
    parent: Number(parent),
    command: command ?? '',
  }))
}

/** The worker of this demo and of no other: the supervisor's number is in the lock, its keepers are its children. */
function workerNow(): number | undefined {
  const supervisor = Number(readFileSync(join(inject('dataDir'), 'lock'), 'utf8'))
  const all = processes()
  const keepers = all.filter(({ parent }) => parent === supervisor).map(({ pid }) => pid)
  return all.find(({ parent, command }) => keepers.includes(parent) && /-m celery .* worker /.test(command))?.pid
}

/** SIGKILL: no signal handler runs and no lease is given back. Resolves once the supervisor has started another. */
export async function killWorker(): Promise<void> {
  const killed = workerNow()
  if (!killed) throw new Error('the demo has no worker to kill')
  process.kill(killed, 'SIGKILL')
  await until('the supervisor starts another worker', () => ![undefined, killed].includes(workerNow()))
}
