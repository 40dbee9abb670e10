/** The frame of administration: its pages on the left, a choice on top on a phone. Draws no content of its own. */
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import {
  Braces,
  CircleHelp,
  Import,
  KeyRound,
  ListTree,
  Plug,
  Ruler,
  Server,
  Users,
  Workflow,
  type LucideIcon,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ADMIN_PAGES } from '@/lib/adminPages'
import { whyQuery, type WhyQuestion } from '@/lib/api/queries'
import { useIsPhone } from '@/lib/screen'
import css from './Admin.module.css'

type Page = (typeof ADMIN_PAGES)[number]

const ICONS: Record<Page, LucideIcon> = {
  people: Users,
  grants: KeyRound,
  environments: Workflow,
  clusters: Server,
  integrations: Plug,
  languages: Braces,
  standards: Ruler,
  hosts: ListTree,
  intake: Import,
  why: CircleHelp,
}
/** Pages that nobody else may use at all; they are absent for others. */
const NEEDS = {
  people: 'user.manage',
  integrations: 'integration.manage',
  intake: 'intake.manage',
} as const satisfies Partial<Record<Page, WhyQuestion['action']>>

function usePages(): readonly Page[] {
  const people = useQuery(whyQuery({ action: NEEDS.people }))
  const integrations = useQuery(whyQuery({ action: NEEDS.integrations }))
  const intake = useQuery(whyQuery({ action: NEEDS.intake }))
  const closed = {
    people: people.data?.allowed === false,
    integrations: integrations.data?.allowed === false,
    intake: intake.data?.allowed === false,
  }
  return ADMIN_PAGES.filter((page) => !(page in closed && closed[page as keyof typeof closed]))
}

export default function AdminLayout() {
  const { t } = useTranslation('admin')
  const phone = useIsPhone()
  const pages = usePages()
  const navigate = useNavigate()
  const here = useLocation({ select: (location) => location.pathname.split('/')[2] ?? '' })
  return (
    <div className={css.admin}>
      {phone ? (
        <div className={css.choice}>
          <Select
            aria-label={t('pages')}
            value={here}
            style={{ width: '100%' }}
            size="large"
            options={pages.map((page) => ({ value: page, label: t(`nav.${page}`) }))}
            onChange={(page) => void navigate({ to: `/admin/${page as Page}` })}
          />
        </div>
      ) : (
        <nav className={css.nav} aria-label={t('pages')}>
          {pages.map((page) => {
            const Icon = ICONS[page]
            return (
              <Link key={page} to={`/admin/${page}`} className={css.item} activeOptions={{ includeSearch: false }}>
                <Icon size={16} aria-hidden />
                {t(`nav.${page}`)}
              </Link>
            )
          })}
        </nav>
      )}
      <div className={css.content}>
        <Outlet />
      </div>
    </div>
  )
}
