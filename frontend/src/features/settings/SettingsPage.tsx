/** One's own settings: the list of sections on the left, the chosen one on the right. Each section saves for itself. */
import { getRouteApi, Link, Navigate } from '@tanstack/react-router'
import { CircleHelp, KeyRound, Keyboard, Monitor, Palette, UserRound, type LucideIcon } from 'lucide-react'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { TopBar } from '@/components/TopBar'
import { AppearanceTab } from './AppearanceTab'
import { ProfileTab } from './ProfileTab'
import { SessionsTab } from './SessionsTab'
import { ShortcutsTab } from './ShortcutsTab'
import { TokensTab } from './TokensTab'
import { WhyTab } from './WhyTab'
import css from './settings.module.css'

const route = getRouteApi('/inside/settings/$tab')
const TABS = ['profile', 'appearance', 'tokens', 'sessions', 'shortcuts', 'why'] as const
type Tab = (typeof TABS)[number]

const PARTS: Record<Tab, { icon: LucideIcon; part: ComponentType }> = {
  profile: { icon: UserRound, part: ProfileTab },
  appearance: { icon: Palette, part: AppearanceTab },
  tokens: { icon: KeyRound, part: TokensTab },
  sessions: { icon: Monitor, part: SessionsTab },
  shortcuts: { icon: Keyboard, part: ShortcutsTab },
  why: { icon: CircleHelp, part: WhyTab },
}
const isTab = (text: string): text is Tab => (TABS as readonly string[]).includes(text)

export default function SettingsPage() {
  const { t } = useTranslation('settings')
  const { tab } = route.useParams()
  if (!isTab(tab)) return <Navigate to="/settings/$tab" params={{ tab: 'profile' }} replace />
  const Part = PARTS[tab].part
  return (
    <div className={css.page}>
      <TopBar left={<span className="b6">{t('title')}</span>} />
      <nav className={css.nav} aria-label={t('title')}>
        {TABS.map((name) => {
          const Icon = PARTS[name].icon
          return (
            <Link
              key={name}
              to="/settings/$tab"
              params={{ tab: name }}
              className={css.item}
              activeOptions={{ includeSearch: false }}
            >
              <Icon size={16} aria-hidden />
              {t(`tab.${name}`)}
            </Link>
          )
        })}
      </nav>
      <div className={css.content} key={tab}>
        <PageTitle title={t(`tab.${tab}`)} className={css.title} />
        <Part />
      </div>
    </div>
  )
}
