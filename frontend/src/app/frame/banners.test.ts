import { describe, expect, it } from 'vitest'
import { bannersFor, type Facts } from './banners'

const well: Facts = { connection: { state: 'ok', since: 0 }, pollingLong: false, sessionLost: false }
const kinds = (facts: Partial<Facts>) => bannersFor({ ...well, ...facts }).map((banner) => banner.kind)

describe('the banner slot', () => {
  it('is empty while all is well', () => {
    expect(kinds({})).toEqual([])
  })

  it('tells that live updates are missing', () => {
    expect(kinds({ pollingLong: true })).toEqual(['poll'])
  })

  it('does not tell of live updates when nothing comes at all', () => {
    expect(kinds({ connection: { state: 'offline', since: 1 }, pollingLong: true })).toEqual(['offline'])
  })

  it('puts the ended session before everything else', () => {
    expect(kinds({ sessionLost: true, connection: { state: 'away', since: 1 } })).toEqual(['session', 'away'])
  })
})
