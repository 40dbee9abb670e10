/** Words are there before what speaks them, in whichever language the page is by then. */
import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { fieldSentence, loadNamespaces, sentence, setLanguage, startLanguages, withWords } from './i18n'

const has = (language: string, name: string) => i18next.hasResourceBundle(language, name)

beforeAll(() => startLanguages('en'))

test('a page is there only when its words are', async () => {
  expect(has('en', 'settings')).toBe(false)
  const part = await withWords(['settings'], async () => 'the page')()
  expect([part, has('en', 'settings')]).toEqual(['the page', true])
})

test('another language has the words of what was opened before it is shown, and no more', async () => {
  let atOnce: boolean | undefined
  i18next.on('languageChanged', () => (atOnce = has('zh', 'settings')))
  await setLanguage('zh')
  expect([i18next.language, atOnce, has('zh', 'admin')]).toEqual(['zh', true, false])
})

test('what is opened while the language changes speaks the new one', async () => {
  await Promise.all([setLanguage('en'), loadNamespaces(['filing'])])
  expect([i18next.language, has('en', 'filing')]).toEqual(['en', true])
})

test('of two changes the later one counts', async () => {
  await Promise.all([setLanguage('zh'), setLanguage('en')])
  expect([i18next.language, document.documentElement.lang]).toEqual(['en', 'en'])
})

test('an environment named after its tier is called as the language calls it, any other by its own name', async () => {
  const says = (environment: string) => sentence({ code: 'commits.not_built_here', params: { environment } })
  await setLanguage('zh')
  expect([says('production'), says('uat-2')]).toEqual([
    '生产环境运行的镜像不是在此构建的，其提交未知。',
    'uat-2 运行的镜像不是在此构建的，其提交未知。',
  ])
  await setLanguage('en')
  expect(says('production')).toBe('The image that runs in production was not built here, so its commit is not known.')
})

test('a param of a closed set is told in the words of the language, an unknown value as it is', async () => {
  const stage = (stage: string) => sentence({ code: 'project.not_active', params: { project: 'pay-gate-n1', stage } })
  const needs = () => sentence({ code: 'policy.needs_role_in_project', params: { roles: ['tester', 'ops'] } })
  await setLanguage('zh')
  expect([stage('archived'), needs()]).toEqual([
    '项目 pay-gate-n1 的状态为“已归档”，不能提交工单或修改。',
    '您需要在该项目中拥有以下角色之一：测试、运维。',
  ])
  expect(stage('mothballed')).toBe('项目 pay-gate-n1 的状态为“mothballed”，不能提交工单或修改。')
  await setLanguage('en')
  expect([stage('requested'), needs()]).toEqual([
    'The project pay-gate-n1 is requested, so nothing can be filed or changed for it.',
    'You need one of these roles in this project: tester, ops.',
  ])
})

test('what is wrong with a field is told in the language of the page, whatever language the server spoke', async () => {
  await setLanguage('zh')
  expect(fieldSentence({ code: 'required', params: {}, detail: 'This is required.' })).toBe('此项必填。')
  expect(fieldSentence({ code: 'never.heard_of', params: {}, detail: 'What the server said.' })).toBe(
    'What the server said.',
  )
  await setLanguage('en')
})
