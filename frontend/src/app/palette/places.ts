/** The rows that need no question to the portal: this page's actions, places, one's own commands. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { brakeScopesQuery } from '@/features/brakes/queries'
import { pageActions } from '@/lib/actions'
import { ADMIN_PAGES } from '@/lib/adminPages'
import { brakesQuery } from '@/lib/api/queries'
import { currentLanguage } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { useStore } from '@/lib/store'
import { mayAdminister, usePlaces } from '../frame/nav'
import { overlay } from '../frame/overlays'
import { usePreferences } from '../frame/preferences'
import { useSignOut } from '../frame/signOut'
import type { Item } from './items'

/** Whoever is in a hurry types the first word that comes to mind, in either language. */
const BRAKE_WORDS = 'emergency brake stop halt 急停 紧急停止 暂停'

const SHELL_WORDS = 'shell terminal console ssh exec kubectl 终端 容器'

/** What the open page offers, and what it says this person may not do. */
export function usePageRows(): Item[] {
  return useStore(pageActions).map((action) => ({
    id: `page:${action.id}`,
    group: action.refused ? 'refused' : 'page',
    label: action.label,
    hint: action.refused ?? action.hint,
    shortcut: action.refused ? undefined : action.shortcut,
    run: action.refused ? undefined : action.run,
    onlyTyped: Boolean(action.refused),
  }))
}

export function usePlaceRows(): Item[] {
  const { t } = useTranslation('frame')
  const me = useMe()
  const { main, foot } = usePlaces()
  const { project } = useParams({ strict: false })
  const where = project ? `?project=${project}` : ''
  const isBraked = Boolean(useQuery(brakesQuery).data?.length)
  const go = (id: string, label: string, href: string, more: Partial<Item> = {}): Item => ({
    id: `go:${id}`,
    group: 'go',
    label,
    href,
    ...more,
  })
  const rows = [...main, ...foot].map((place) => go(place.to, place.label, place.to, { shortcut: place.keys }))
  if (project) {
    rows.push(
      go('overview', t('go.in_project', { project, page: t('tab.overview') }), `/p/${project}`, { onlyTyped: true }),
      go('releases', t('go.in_project', { project, page: t('tab.releases') }), `/p/${project}/releases`, {
        onlyTyped: true,
      }),
      go(
        'configuration',
        t('go.in_project', { project, page: t('tab.configuration') }),
        `/p/${project}/configuration`,
        {
          onlyTyped: true,
        },
      ),
      go('workloads', t('go.in_project', { project, page: t('tab.workloads') }), `/p/${project}/workloads`, {
        onlyTyped: true,
      }),
      go('project-terminals', t('go.in_project', { project, page: t('tab.terminals') }), `/p/${project}/terminals`, {
        onlyTyped: true,
      }),
      go(
        'project-settings',
        t('go.in_project', { project, page: t('tab.settings') }),
        `/p/${project}/settings/general`,
        { onlyTyped: true },
      ),
    )
  }
  if (mayAdminister(me)) {
    rows.push(
      ...ADMIN_PAGES.map((page) =>
        go(`admin/${page}`, `${t('nav.admin')}: ${t(`admin.${page}`)}`, `/admin/${page}`, { onlyTyped: true }),
      ),
    )
  }
  rows.push(go('new-project', t('go.new_project'), '/projects/new', { onlyTyped: true }))
  rows.push(
    go('shell', project ? t('go.shell_in', { project }) : t('go.shell'), `/terminals/new${where}`, {
      onlyTyped: !project,
      words: SHELL_WORDS,
    }),
  )
  rows.push(go('brakes', t('go.brakes'), '/brakes', { onlyTyped: !isBraked, words: BRAKE_WORDS }))
  rows.push(go('settings', t('nav.settings'), '/settings/profile', { onlyTyped: true }))
  return rows
}

/** Commands that are the same on every page; under `>` and when their words are typed. */
export function useCommandRows(): Item[] {
  const { t } = useTranslation('frame')
  const { switchTheme, setLanguage } = usePreferences()
  const signOut = useSignOut()
  const other = currentLanguage() === 'zh' ? 'en' : 'zh'
  const command = (id: string, label: string, run: () => void, more: Partial<Item> = {}): Item => ({
    id: `command:${id}`,
    group: 'command',
    label,
    run,
    onlyTyped: true,
    ...more,
  })
  const mayPull = useQuery(brakeScopesQuery).data?.some((scope) => scope.may_pull.allowed)
  const pull: Item = { ...command('brake', t('command.brake'), () => undefined), href: '/brakes?pull=1' }
  return [
    ...(mayPull ? [{ ...pull, words: BRAKE_WORDS }] : []),
    command('theme', t('command.theme'), switchTheme, { shortcut: 't' }),
    command('language', t('command.language'), () => setLanguage(other), { words: 'language 语言 中文 english' }),
    command('keys', t('help.title'), () => overlay.set('help'), { shortcut: '?' }),
    command('sign-out', t('nav.sign_out'), () => signOut.mutate()),
  ]
}
