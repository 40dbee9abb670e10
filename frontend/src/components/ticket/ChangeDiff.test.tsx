/** A difference as it is drawn: what may not be shown is said to change. */
import { render, screen } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { startLanguages } from '@/lib/i18n'
import { DiffBlocks } from './ChangeDiff'
import { objectGroups } from './diff'

beforeEach(() => startLanguages('en'))

test('of a secret that changes the path is shown and that it changes, and no value', () => {
  const changes = [
    { path: 'data.db', before: null, after: null },
    { path: 'spec.replicas', before: 1, after: 2 },
  ]
  const objects = [{ object: 'Secret pay', created: false, changes }]
  render(<DiffBlocks groups={objectGroups([{ cluster: 'dc1', objects, removed: [] }])} total={1} />)
  screen.getByText('data.db: changes; the value is never shown')
  expect(screen.getAllByText(/spec\.replicas/)).toHaveLength(2)
})
