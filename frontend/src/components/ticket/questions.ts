/** The five questions of every decision (UI.md §1.3), answered from what is known. Pure; unknown is "Not checked", never a tick. */
import { shortDigest } from '@/lib/glyph'
import { isOver } from '@/lib/status'
import { checksOf, type Check } from './checks'
import { changeGroups, configuredObjects, isWithoutDeployment } from './diff'
import { cellOf, commitsTell, isWaiting, placesOf, targetsOf, type Facts, type Said, type Tone } from './types'

export const QUESTIONS = ['changes', 'tested', 'land', 'back', 'time'] as const
export type Answer = { name: (typeof QUESTIONS)[number]; tone: Tone; value: Said; detail: Said | null }
type Part = Omit<Answer, 'name'>

const NOT_CHECKED: Said = { key: 'q.not_checked' }
const odd = (detail: Said | null): Part => ({ tone: 'odd', value: NOT_CHECKED, detail })

export function answersOf(facts: Facts): Answer[] {
  const checks = checksOf(facts)
  return [
    { name: 'changes', ...changes(facts) },
    { name: 'tested', ...tested(facts, checks) },
    { name: 'land', ...land(facts, checks) },
    { name: 'back', ...back(facts) },
    { name: 'time', ...time(facts, checks) },
  ]
}

function commitsSaid({ card, commits }: Facts): Said | null {
  if (!card.release || !commitsTell(card)) return null
  if (commits.failed) return { key: 'q.commits_unknown' }
  if (!commits.data) return null
  if (!commits.data.commits) return { key: 'q.commits_unknown' }
  const count = commits.data.commits.commits.length
  return { key: commits.data.commits.taken_back ? 'q.commits_back' : 'q.commits', params: { count } }
}

/** Known are both the lines and the commits, or it is no tick. */
const changeTone = ({ card, commits }: Facts): Tone =>
  !card.release || !commitsTell(card) || commits.data?.commits ? 'ok' : commits.failed || commits.data ? 'odd' : 'off'

function changes(facts: Facts): Part {
  const { card } = facts
  if (card.fingerprint_trouble && !card.change) return odd({ key: 'q.change_unread' })
  const targets = targetsOf(card.change)
  const detail = commitsSaid(facts)
  if (targets.length) {
    const groups = changeGroups(card.change)
    if (configuredObjects(card.change)) {
      const count = new Set(groups.map((group) => group.where)).size
      if (!count) return { tone: 'off', value: { key: 'q.nothing' }, detail: { key: 'q.as_configured' } }
      return { tone: changeTone(facts), value: { key: 'q.objects', params: { count } }, detail }
    }
    if (!groups.length) return { tone: 'off', value: { key: 'q.nothing' }, detail: { key: 'q.runs_already' } }
    return {
      tone: changeTone(facts),
      value: groups.length > 1 ? { key: 'q.images', params: { count: groups.length } } : { key: 'q.image' },
      detail,
    }
  }
  if (card.kind === 'release') return { tone: changeTone(facts), value: { key: 'q.new_image' }, detail }
  if (card.release) return { tone: changeTone(facts), value: { key: 'q.image' }, detail }
  return odd({ key: 'q.kind_unknown' })
}

function tested({ card }: Facts, checks: Check[]): Part {
  const gate = card.gates.find((one) => one.name === 'tested')
  const check = checks.find((one) => one.name === 'gate:tested')
  if (!gate || !check) {
    if (card.kind === 'release' && card.environment)
      return {
        tone: 'off',
        value: { key: 'q.test_later' },
        detail: { key: 'q.test_later_in', place: card.environment },
      }
    if (card.kind === 'roll_back' && card.release)
      return { tone: 'off', value: { key: 'q.ran_before' }, detail: { key: 'q.no_verdict_asked' } }
    return { tone: 'off', value: { key: 'q.not_asked' }, detail: null }
  }
  if (gate.code === 'gate.passed')
    return {
      tone: 'ok',
      value: { key: 'q.passed' },
      detail: { key: 'q.same_image', params: { name: String(gate.params.name ?? '') } },
    }
  if (gate.state === 'missing') return { tone: 'wait', value: { key: 'q.no_verdict' }, detail: { reason: gate } }
  return {
    tone: check.tone,
    value: { key: gate.code === 'gate.failed_verdict' ? 'q.failed_verdict' : 'q.not_tested' },
    detail: { reason: gate },
  }
}

/** Before it begins: what the preflight says of it. Afterwards: how many clusters it reached. */
function land(facts: Facts, checks: Check[]): Part {
  const { card } = facts
  const total = card.rollouts.length
  if (total && !isWaiting(card.status)) {
    const done = card.rollouts.filter((one) => one.result === 'succeeded').length
    const failed = card.rollouts.filter((one) => one.result === 'failed')
    const unknown = card.rollouts.filter((one) => one.result === 'unknown')
    const value: Said = { key: 'q.clusters_done', params: { done, total } }
    const wrong = failed[0] ?? unknown[0]
    if (wrong)
      return {
        tone: failed.length ? 'bad' : 'odd',
        value,
        detail: { key: failed.length ? 'q.failed_in' : 'q.unknown_in', params: { cluster: wrong.cluster } },
      }
    return {
      tone: done === total ? 'ok' : isOver(card.status) ? 'off' : 'run',
      value,
      detail: { key: done === total ? 'q.landed' : isOver(card.status) ? 'q.stopped' : 'q.landing' },
    }
  }
  if (card.status === 'succeeded')
    return {
      tone: 'ok',
      value: { key: 'q.applied' },
      detail: isWithoutDeployment(card.change) ? { key: 'q.made_by_release' } : null,
    }
  if (isOver(card.status)) return { tone: 'off', value: { key: 'q.did_not_start' }, detail: null }
  const mine = checks.filter((one) => one.about === 'land')
  const first = mine[0]
  const seen = mine.filter((one) => !one.name.startsWith('gate:'))
  if (!first || !seen.length)
    return facts.environment.data || facts.environment.failed
      ? odd({ key: 'q.nothing_known' })
      : { tone: 'off', value: { key: 'q.asking' }, detail: null }
  const wrong = mine.filter((one) => one.tone !== 'ok')
  if (!wrong.length)
    return {
      tone: 'ok',
      value: { key: 'q.checks_passed', params: { count: mine.length } },
      detail: (seen.find((one) => one.name === 'places') ?? seen[0])?.title ?? null,
    }
  if (first.tone === 'odd') return odd(first.title)
  return {
    tone: first.tone,
    value: {
      key: first.tone === 'bad' ? 'q.stands_against' : 'q.warnings',
      params: { count: wrong.length, total: mine.length },
    },
    detail: first.title,
  }
}

/**
 * While nothing has begun, the way back is to what runs now, if it is one image whose presence is known; once it has
 * begun, to the last version known to be good.
 */
function back(facts: Facts): Part {
  const { card, environment, backPresence } = facts
  if (card.kind === 'configure') return backToRevision(card.form.based_on)
  if (!card.environment) return odd({ key: 'q.kind_unknown' })
  if (environment.failed) return odd({ key: 'q.board_unread' })
  if (!environment.data) return { tone: 'off', value: { key: 'q.asking' }, detail: null }
  if (!isWaiting(card.status)) return lastGood(facts)
  const places = placesOf(card, environment.data)
  const digests = new Set(places.map((place) => cellOf(environment.data, place)?.digest ?? ''))
  if (digests.size > 1)
    return { tone: 'warn', value: { key: 'q.several_images' }, detail: { key: 'q.several_images_run' } }
  if (!digests.size || digests.has('')) return odd({ key: 'q.nothing_runs' })
  if (backPresence.failed) return odd({ key: 'q.registry_unread' })
  const runs = environment.data.cells[0]?.release
  if (!runs) return odd({ key: 'q.not_built_here' })
  if (!backPresence.data) return { tone: 'off', value: { key: 'q.asking' }, detail: null }
  if (backPresence.data.present === false)
    return {
      tone: 'bad',
      value: { key: 'q.image_gone' },
      detail: { key: 'q.image_gone_of', params: { tag: runs.tag } },
    }
  if (backPresence.data.present === null) return odd({ key: 'q.registry_unread' })
  const reached = new Set(backPresence.data.registries.filter((one) => one.present).flatMap((one) => one.clusters))
  const have = places.filter((place) => reached.has(place.cluster)).length
  return {
    tone: 'ok',
    value: { key: 'q.ready' },
    detail: { key: 'q.image_in', params: { have, total: places.length } },
  }
}

/** A configuration goes back to the revision it was made from; its image stays. */
function backToRevision(number: unknown): Part {
  if (typeof number !== 'number') return odd(null)
  return number > 0
    ? { tone: 'ok', value: { key: 'q.revision', params: { number } }, detail: { key: 'q.revision_restored' } }
    : { tone: 'warn', value: { key: 'q.none_known' }, detail: { key: 'q.first_revision' } }
}

function lastGood({ environment }: Facts): Part {
  const good = environment.data?.last_known_good
  if (!good) return { tone: 'warn', value: { key: 'q.none_known' }, detail: { key: 'q.no_known_good' } }
  const detail: Said = { key: 'q.to_tag', params: { tag: good.release.tag || shortDigest(good.release.digest) } }
  if (good.image_known_present === null) return odd({ key: 'q.registry_unread' })
  return good.image_known_present
    ? { tone: 'ok', value: { key: 'q.ready' }, detail }
    : { tone: 'bad', value: { key: 'q.image_gone' }, detail }
}

function time({ card, environment }: Facts, checks: Check[]): Part {
  if (card.status === 'running')
    return { tone: 'run', value: { key: card.cancel_requested_at ? 'q.stopping' : 'q.running' }, detail: null }
  if (isOver(card.status)) return { tone: 'off', value: { key: 'q.over' }, detail: null }
  const warned = checks.find((one) => one.about === 'time' && one.tone !== 'ok')
  if (card.planned_at)
    return {
      tone: warned ? warned.tone : 'run',
      value: { key: 'q.starts_at', params: { at: card.planned_at } },
      detail: warned?.title ?? null,
    }
  if (card.place_in_queue)
    return {
      tone: 'wait',
      value: { key: 'q.after', params: { count: card.place_in_queue } },
      detail: warned?.title ?? { key: 'q.queue_of', params: { environment: card.environment?.name ?? '' } },
    }
  if (warned) return { tone: warned.tone, value: { key: 'q.look_first' }, detail: warned.title }
  if (card.place_in_queue === null) return odd({ key: 'q.queue_unknown' })
  if (environment.failed) return odd({ key: 'q.board_unread' })
  return {
    tone: 'ok',
    value: { key: 'q.at_once' },
    detail: { key: environment.data ? 'q.no_lock_no_queue' : 'q.no_queue' },
  }
}
