/** What one may ask about is the policy table, whole: an action without its place or its words fails here. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { actionOf, needsProject, POLICY_ACTIONS, SUBJECTS } from './policy'

const table = readFileSync(join(process.cwd(), '../apps/policy/actions.py'), 'utf8')
/** A name is a dotted string; nothing else in that file is one. */
const names = [...new Set([...table.matchAll(/"([a-z_]+\.[a-z_]+)"/g)].map((match) => match[1] ?? ''))]
/** A rule that asks about a project says so in its own line, those of the members' reads in theirs. */
const asksForProject = (name: string): boolean => {
  const rule = table.split('\n').find((line) => line.trim().startsWith(`"${name}": `))
  return rule === undefined || /: _project\(|scope="(project|mixed)"/.test(rule)
}
const words = (language: string) =>
  JSON.parse(readFileSync(join(process.cwd(), `src/locales/${language}/settings.json`), 'utf8')) as Record<
    string,
    string
  >

test('every action of the table can be asked about, once, and none that is not there', () => {
  expect(names.length).toBeGreaterThan(60)
  expect([...POLICY_ACTIONS].sort()).toEqual([...names].sort())
})

test('an action is asked about in a project if its rule looks at one', () => {
  expect(POLICY_ACTIONS.filter(needsProject).sort()).toEqual(names.filter(asksForProject).sort())
})

describe.each(['en', 'zh'])('in %s', (language) => {
  const said = words(language)
  test('every action has its words, and every subject its name', () => {
    expect(names.filter((name) => !said[`action.${name}`])).toEqual([])
    expect(Object.keys(SUBJECTS).filter((name) => !said[`subject.${name}`])).toEqual([])
  })
  test('no two actions are called the same', () => {
    const all = names.map((name) => said[`action.${name}`])
    expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([])
  })
})

test('a link that names no action asks about a release', () => {
  expect([actionOf('secret.manage'), actionOf('secret.read'), actionOf(undefined)]).toEqual([
    'secret.manage',
    'release.request',
    'release.request',
  ])
})
