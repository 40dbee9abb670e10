/** The head of an administration page: where one is, its one-sentence purpose, and the page's buttons. */
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { TopBar } from '@/components/TopBar'
import css from '../Admin.module.css'

type Page =
  | 'people'
  | 'grants'
  | 'environments'
  | 'clusters'
  | 'integrations'
  | 'languages'
  | 'standards'
  | 'hosts'
  | 'intake'
  | 'why'

/** `below`: the page lies under `page`, with a name and a sentence of its own. */
export function Head({
  page,
  right,
  below,
}: {
  page: Page
  right?: ReactNode
  below?: { name: string; lead: string }
}) {
  const { t } = useTranslation('admin')
  const parent = t(`nav.${page}`)
  const name = below?.name ?? parent
  return (
    <>
      <TopBar
        left={
          <div className={css.crumbs}>
            {below ? (
              <Link to={`/admin/${page}`} className="t2">
                {parent}
              </Link>
            ) : (
              <span className="t2">{t('title')}</span>
            )}
            <ChevronRight size={14} className={css.crumbMark} aria-hidden />
            <PageTitle title={`${name} · ${t('title')}`} className={css.crumb}>
              {name}
            </PageTitle>
          </div>
        }
        right={right}
      />
      <p className={css.lead}>{below?.lead ?? t(`lead.${page}`)}</p>
    </>
  )
}
