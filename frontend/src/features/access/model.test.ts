import { describe, expect, it } from 'vitest'
import { argvOf } from '@/components/form/running'
import { EMPTY, groupedCreates, partsOf, pathOf, requestOf, slugOf, stateOf, withDefaults } from './model'

describe('the name', () => {
  it('is its parts, and its parts are the name again', () => {
    expect(slugOf({ business: 'shop-book', type: 'api', suffix: 'n1' })).toBe('shop-book-api-n1')
    expect(partsOf('shop-book-api-n1')).toEqual({ business: 'shop-book', type: 'api', suffix: 'n1' })
    for (const name of ['book', 'book-api', 'book-api-n1']) expect(slugOf(partsOf(name))).toBe(name)
  })
  it('has no dashes for parts that are not there', () => {
    expect(slugOf({ business: 'book', type: ' ', suffix: '' })).toBe('book')
  })
})

describe('the repository', () => {
  it('is found in every address people paste', () => {
    const pasted = [
      'shop/pay',
      ' /shop/pay/ ',
      'https://git.local/shop/pay',
      'https://git.local/shop/pay.git',
      'https://git.local/shop/pay/-/tree/main/src',
      'git@git.local:shop/pay.git',
    ]
    expect(pasted.map(pathOf)).toEqual(pasted.map(() => 'shop/pay'))
  })
})

describe('a command', () => {
  it('is a list of arguments that nothing splits but the line', () => {
    expect(argvOf('java\r\n-jar\n\nmy app.jar; rm -rf "x"\n')).toEqual(['java', '-jar', 'my app.jar; rm -rf "x"'])
  })
})

describe('what is sent', () => {
  it('has nothing that was not chosen', () => {
    const sent = requestOf({ ...EMPTY, business: 'pay', callback: ' ' })
    expect(sent).not.toHaveProperty('jenkins')
    expect(sent).not.toHaveProperty('image_repository')
    expect(sent.migration).toEqual({ state: 'vm' })
    expect([sent.slug, sent.callback, sent.start_command]).toEqual(['pay', {}, []])
    for (const own of ['business', 'key']) expect(Object.keys(sent)).not.toContain(own)
  })
  it('names the only system of its kind, and none of several', () => {
    const options = { gitlabs: ['main'], jenkins: ['a', 'b'], registries: [], languages: [], environments: [] }
    const draft = withDefaults(EMPTY, options)
    expect([draft.gitlab, draft.jenkins, draft.registry]).toEqual(['main', '', ''])
  })
})

describe('a section', () => {
  const form = requestOf({ ...EMPTY, business: 'pay', name: 'Pay', language: 'java' })
  it('is done when what it needs is there and nothing is wrong', () => {
    expect(stateOf('service', form, () => false)).toBe('done')
    expect(stateOf('service', form, (field) => field === 'slug')).toBe('wrong')
    expect(stateOf('running', form, () => false)).toBe('open')
  })
})

describe('what approval creates', () => {
  it('stands under each kind once, in the order of the plan', () => {
    const row = (what: string, target: string) => ({ system: '', name: '', what, target, exists: false })
    const groups = groupedCreates([row('webhook', 'a'), row('namespace', 'b'), row('webhook', 'c')])
    expect(groups.map(({ what, rows }) => [what, rows.length])).toEqual([
      ['webhook', 2],
      ['namespace', 1],
    ])
  })
})
