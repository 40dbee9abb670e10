/** The head of an administration page: where one is, its one-sentence purpose, and the page's buttons. */
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { TopBar } from '@/components/TopBar'
import css from '../Admin.module.css'

type Page =
  'people' | 'grants' | 'environments' | 'clusters' | 'integrations' | 'languages' | 'standards' | 'hosts' | 'why'

export function Head({ page, right }: { page: Page; right?: ReactNode }) {
  const { t } = useTranslation('admin')
  const name = t(`nav.${page}`)
  return (
    <>
      <TopBar
        left={
          <div className={css.crumbs}>
            <span className="t2">{t('title')}</span>
            <ChevronRight size={14} className={css.crumbMark} aria-hidden />
            <PageTitle title={`${name} · ${t('title')}`} className={css.crumb}>
              {name}
            </PageTitle>
          </div>
        }
        right={right}
      />
      <p className={css.lead}>{t(`lead.${page}`)}</p>
    </>
  )
}
