/** The marks of a batch's and a system's state, by the house's statuses. Data only. */
import type { Schemas } from '@/lib/api/client'
import type { Intake } from './model'

export const BATCH_MARK: Record<Intake['state'], string> = {
  reading: 'running',
  ready: 'pending_approval',
  taking: 'running',
  done: 'succeeded',
  stopped: 'canceled',
}

export const READING_MARK: Record<Schemas['Reading']['state'], string> = {
  waiting: 'running',
  read: 'succeeded',
  failed: 'failed',
}
