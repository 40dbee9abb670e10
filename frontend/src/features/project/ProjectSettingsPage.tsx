/** Settings of a project, one tab at a time (the tab is in the URL). Each tab reads, saves and fails by itself. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { ErrorBoundary } from '@/components/states'
import { projectQuery } from '@/lib/api/queries'
import { SettingsDockerfile } from './SettingsDockerfile'
import { SettingsEnvironments } from './SettingsEnvironments'
import { SettingsGeneral } from './SettingsGeneral'
import { SettingsMigration } from './SettingsMigration'
import { SettingsPeople } from './SettingsPeople'
import { SettingsProvisions } from './SettingsProvisions'
import { SettingsResources } from './SettingsResources'
import css from './Settings.module.css'

const route = getRouteApi('/inside/p/$project/settings/$tab')
const TABS = {
  general: SettingsGeneral,
  people: SettingsPeople,
  environments: SettingsEnvironments,
  resources: SettingsResources,
  migration: SettingsMigration,
  dockerfile: SettingsDockerfile,
  provisions: SettingsProvisions,
} as const
type TabName = keyof typeof TABS
const NAMES = Object.keys(TABS) as TabName[]

export default function ProjectSettingsPage() {
  const { t } = useTranslation('projects')
  const { project: slug, tab } = route.useParams()
  const project = useSuspenseQuery(projectQuery(slug)).data
  const name = NAMES.find((one) => one === tab) ?? 'general'
  const Tab = TABS[name]
  return (
    <div className={css.page}>
      <PageTitle title={t('set.title', { tab: t(`set.tab.${name}`), project: slug })} className="hidden-visually" />
      <nav className={css.tabs} aria-label={t('set.tabs')}>
        {NAMES.map((one) => (
          <Link
            key={one}
            to="/p/$project/settings/$tab"
            params={{ project: slug, tab: one }}
            className={css.tab}
            data-chosen={one === name || undefined}
            aria-current={one === name ? 'page' : undefined}
          >
            {t(`set.tab.${one}`)}
          </Link>
        ))}
      </nav>
      <div className={css.content}>
        <ErrorBoundary key={name} name={name}>
          <Tab project={project} />
        </ErrorBoundary>
      </div>
    </div>
  )
}
