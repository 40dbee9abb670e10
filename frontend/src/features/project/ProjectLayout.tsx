/** What all pages of a project share: breadcrumb with switcher and pin, tabs. The pages fill the rest. */
import { getRouteApi, Link, Outlet, useLocation } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { TopBar } from '@/components/TopBar'
import { useMe } from '@/lib/me'
import { visited } from '@/lib/recent'
import { Pin } from './Pin'
import { ProjectSwitcher } from './ProjectSwitcher'
import { StageNote } from './StageNote'
import { tabOf, type Tab } from './tabs'
import css from './project.module.css'

const route = getRouteApi('/inside/p/$project')

export default function ProjectLayout() {
  const { project } = route.useParams()
  const me = useMe()
  useEffect(() => visited(me.id, 'projects', project), [me.id, project])
  return (
    <div className={css.layout}>
      <TopBar left={<Crumbs project={project} />} />
      <Tabs project={project} />
      <StageNote project={project} />
      <div id="page" className={css.page} data-scroll-restoration-id="page">
        <Outlet />
      </div>
    </div>
  )
}

function Crumbs({ project }: { project: string }) {
  const { t } = useTranslation('frame')
  return (
    <nav aria-label={t('crumb')} className={css.crumbs}>
      <Link to="/projects" className={css.above}>
        {t('nav.projects')}
      </Link>
      <ChevronRight size={14} aria-hidden className={css.arrow} />
      <ProjectSwitcher key={project} project={project} />
      <Pin project={project} />
    </nav>
  )
}

function Tabs({ project }: { project: string }) {
  const { t } = useTranslation('frame')
  const open = useLocation({ select: ({ pathname }) => tabOf(pathname) })
  const mark = (tab: Tab) => ({ className: css.tab, 'aria-current': open === tab ? ('page' as const) : undefined })
  const params = { project }
  return (
    <nav aria-label={t('tab.nav', { project })} className={css.tabs}>
      <Link to="/p/$project" params={params} {...mark('overview')} activeOptions={{ exact: true }}>
        {t('tab.overview')}
      </Link>
      <Link to="/p/$project/releases" params={params} {...mark('releases')}>
        {t('tab.releases')}
      </Link>
      <Link to="/p/$project/workloads" params={params} {...mark('workloads')}>
        {t('tab.workloads')}
      </Link>
      <Link to="/p/$project/configuration" params={params} {...mark('configuration')}>
        {t('tab.configuration')}
      </Link>
      <Link to="/p/$project/terminals" params={params} {...mark('terminals')}>
        {t('tab.terminals')}
      </Link>
      <Link to="/p/$project/settings/$tab" params={{ project, tab: 'general' }} {...mark('settings')}>
        {t('tab.settings')}
      </Link>
    </nav>
  )
}
