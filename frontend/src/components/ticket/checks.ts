/** The preflight of a card: gates, and what is seen of the places it goes to. Pure; what cannot be told is never a tick. */
import { isOver } from '@/lib/status'
import { cellOf, isWaiting, placesOf, type Facts, type Said, type Tone } from './types'

/** `about`: the question of the five to which the check belongs. */
export type Check = { name: string; about: 'tested' | 'land' | 'time'; tone: Tone; title: Said; detail?: Said }

const GATE_TONES: Record<string, Tone> = { met: 'ok', missing: 'wait', refused: 'bad' }

export function gateChecks({ card }: Pick<Facts, 'card'>): Check[] {
  return card.gates.map((gate) => ({
    name: `gate:${gate.name}`,
    about: gate.name === 'tested' ? 'tested' : 'land',
    tone: GATE_TONES[gate.state] ?? 'odd',
    title: { reason: gate },
  }))
}

function changeCheck({ card }: Facts): Check[] {
  if (card.fingerprint_trouble)
    return [
      {
        name: 'change',
        about: 'land',
        tone: 'odd',
        title: { key: 'check.change_unread' },
        detail: { reason: card.fingerprint_trouble },
      },
    ]
  return card.fingerprint ? [{ name: 'change', about: 'land', tone: 'ok', title: { key: 'check.change_read' } }] : []
}

function imageCheck({ card, environment, presence }: Facts): Check[] {
  if (!card.release?.digest) return []
  const base = { name: 'image', about: 'land' } as const
  if (presence.failed) return [{ ...base, tone: 'odd', title: { key: 'check.image_unread' } }]
  if (!presence.data) return []
  const clusters = new Set(placesOf(card, environment.data).map((place) => place.cluster))
  const wanted = presence.data.registries.filter((one) => one.clusters.some((name) => clusters.has(name)))
  const registries = wanted.length ? wanted : presence.data.registries
  const gone = registries.filter((one) => one.present === false)
  const unknown = registries.find((one) => one.present === null)
  if (gone.length)
    return [
      {
        ...base,
        tone: 'bad',
        title: { key: 'check.image_gone', params: { registry: gone.map((one) => one.registry).join(', ') } },
      },
    ]
  if (unknown || !registries.length)
    return [
      {
        ...base,
        tone: 'odd',
        title: { key: 'check.image_unread' },
        detail: unknown?.trouble
          ? { reason: unknown.trouble }
          : presence.data.reason
            ? { reason: presence.data.reason }
            : undefined,
      },
    ]
  return [{ ...base, tone: 'ok', title: { key: 'check.image_there', params: { count: registries.length } } }]
}

/** What the places look like now: whether they answer, run well, and run what is expected. */
function placeChecks({ card, environment }: Facts): Check[] {
  const places = placesOf(card, environment.data)
  if (environment.failed) return [{ name: 'places', about: 'land', tone: 'odd', title: { key: 'check.places_unread' } }]
  if (!environment.data || !places.length) return []
  const made = card.kind === 'configure' ? 'check.made_by_release' : 'check.will_be_made'
  const found: Check[] = []
  let pods = 0
  for (const place of places) {
    const cell = cellOf(environment.data, place)
    const cluster = place.cluster
    const say = (name: string, tone: Tone, title: Said) =>
      found.push({ name: `${name}:${cluster}`, about: 'land', tone, title })
    if (!cell) say('place', 'odd', { key: 'check.not_adopted', params: { cluster } })
    else if (cell.cluster.is_silent) say('silent', 'odd', { key: 'check.silent', params: { cluster } })
    else if (cell.will_be_made) say('made', 'ok', { key: made, params: { cluster } })
    else if (!cell.is_observed) say('silent', 'odd', { key: 'check.silent', params: { cluster } })
    else if (cell.exists === false)
      say('gone', 'bad', { key: 'check.gone', params: { cluster, deployment: place.deployment } })
    else if (cell.is_moving) say('moving', 'warn', { key: 'check.moving', params: { cluster } })
    else if (cell.is_drifted) say('drifted', 'warn', { key: 'check.drifted', params: { cluster } })
    else if (cell.ready === null || cell.total === null)
      say('pods', 'odd', { key: 'check.pods_unread', params: { cluster } })
    else if (cell.ready < cell.total)
      say('pods', 'warn', { key: 'check.not_ready', params: { cluster, ready: cell.ready, total: cell.total } })
    else pods += cell.total
  }
  if (!found.length)
    return [{ name: 'places', about: 'land', tone: 'ok', title: { key: 'check.all_ready', params: { count: pods } } }]
  return found
}

function peopleCheck({ card }: Facts): Check[] {
  const missing = card.approvals_needed - card.approvals_given
  const gave = new Set(card.approvals.filter((one) => !one.voided_at).map((one) => one.actor.id))
  const left = card.who_may_decide.filter((person) => !gave.has(person.id)).length
  if (card.status !== 'pending_approval' || left >= missing) return []
  return [
    {
      name: 'people',
      about: 'time',
      tone: 'warn',
      title: {
        reason: {
          code: 'preview.too_few_deciders',
          params: { needed: card.approvals_needed, have: card.who_may_decide.length },
        },
      },
    },
  ]
}

function lockCheck({ environment }: Facts): Check[] {
  const lock = environment.data?.lock
  if (!lock) return []
  return [
    {
      name: 'lock',
      about: 'time',
      tone: 'warn',
      title: { key: 'check.locked', params: { name: lock.by.display_name || lock.by.username, reason: lock.reason } },
    },
  ]
}

/**
 * Findings first, what passed afterwards. What is seen of the clusters now is told only while nothing has begun:
 * afterwards it would be no preflight.
 */
export function checksOf(facts: Facts): Check[] {
  const { card } = facts
  const live = isWaiting(card.status) && !isOver(card.status) && !card.frozen_at
  const now = live
    ? [...imageCheck(facts), ...changeCheck(facts), ...placeChecks(facts), ...lockCheck(facts), ...peopleCheck(facts)]
    : []
  const all = [...gateChecks(facts), ...now]
  const order: Tone[] = ['bad', 'odd', 'warn', 'wait', 'run', 'off', 'ok']
  return all.sort((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone))
}
