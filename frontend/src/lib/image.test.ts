import { describe, expect, it } from 'vitest'
import { imageParts, tagOfImage, tagParts } from './image'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('image references', () => {
  it('are taken apart, with a port in the host and without a tag', () => {
    expect(imageParts(`reg.local:5000/shop/pay:20260101-080000-u0@${DIGEST}`)).toEqual({
      host: 'reg.local:5000',
      repository: 'shop/pay',
      tag: '20260101-080000-u0',
      digest: DIGEST,
    })
    expect(imageParts('nginx')).toEqual({ host: '', repository: 'nginx', tag: '', digest: '' })
    expect(imageParts('localhost/x:1')).toMatchObject({ host: 'localhost', repository: 'x', tag: '1' })
  })
  it('give their tag, a port or a digest alone being none', () => {
    expect(tagOfImage(`127.0.0.1:37727/shop/api:20260101-080000-u0@${DIGEST}`)).toBe('20260101-080000-u0')
    expect(tagOfImage('127.0.0.1:5000/shop/web')).toBe('')
    expect(tagOfImage(`shop/api@${DIGEST}`)).toBe('')
  })
})

describe('tags of ours', () => {
  it('are taken apart by year, day, time and what follows', () => {
    expect(tagParts('20261120-152211-u17')).toEqual({ year: '2026', day: '1120', time: '152211', rest: '-u17' })
    expect(tagParts('20261120-152211')?.rest).toBe('')
  })
  it('are no other texts', () => {
    expect([tagParts('v1.2'), tagParts('20261120-15'), tagParts('')]).toEqual([null, null, null])
  })
})
