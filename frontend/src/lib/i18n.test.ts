/** Words are there before what speaks them, in whichever language the page is by then. */
import i18next from 'i18next'
import { beforeAll, expect, test } from 'vitest'
import { loadNamespaces, sentence, setLanguage, startLanguages, withWords } from './i18n'

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
