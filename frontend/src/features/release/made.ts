/** What a step left behind, in a few words, from its output and the build's row. Nothing where the API says nothing. */
import i18next from 'i18next'
import type { Schemas } from '@/lib/api/client'
import { shortDigest } from '@/lib/glyph'
import { size } from '@/lib/time'
import type { Row } from './progress'

type Output = Record<string, unknown>

const say = (
  key:
    | 'made.job_created'
    | 'made.job_changed'
    | 'made.job_same'
    | 'made.queued'
    | 'made.found'
    | 'made.answered'
    | 'made.unanswered',
  values: Record<string, unknown> = {},
): string => i18next.t(`release:${key}`, values) as string

/** Whether it was there already, by a call that nobody wrote down or before a backup was restored. */
const found = (output: Output, what: string): string => (output.found_by_key ? say('made.found', { what }) : what)

export function madeBy(
  row: Row,
  build: Pick<Schemas['Build'], 'number' | 'controller' | 'queue_why'> | undefined,
): string {
  const output = (row.steps.at(-1)?.output ?? {}) as Output
  switch (row.name) {
    case 'create_tag':
      return typeof output.tag === 'string' ? found(output, output.tag) : ''
    case 'ensure_job':
      if (typeof output.job !== 'string') return ''
      return say(output.created ? 'made.job_created' : output.changed ? 'made.job_changed' : 'made.job_same', {
        job: output.job,
      })
    case 'start_build': {
      if (row.status !== 'succeeded') return ''
      const number = build?.number ? `#${build.number} · ${build.controller}` : build?.queue_why || say('made.queued')
      return found(output, number)
    }
    case 'resolve_digest':
      return typeof output.digest === 'string'
        ? [shortDigest(output.digest), typeof output.size === 'number' ? size(output.size) : '']
            .filter(Boolean)
            .join(' · ')
        : ''
    case 'call_back':
      if (typeof output.status !== 'number') return ''
      return output.status ? say('made.answered', { status: output.status }) : say('made.unanswered')
    default:
      return ''
  }
}
