/** Bringing a service in: anybody asks, operations decide, the portal sets it up. An administrator may also create at once. */
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { PageTitle } from '@/components/Page'
import { TopBar } from '@/components/TopBar'
import { useMe } from '@/lib/me'
import { AccessForm } from './AccessForm'
import css from './access.module.css'

export default function AccessPage() {
  const { t } = useTranslation('access')
  const { t: frame } = useTranslation('frame')
  const me = useMe()
  return (
    <>
      <TopBar
        left={
          <>
            <Link to="/projects" className="t2">
              {frame('nav.projects')}
            </Link>
            <ChevronRight size={14} aria-hidden className="t3" />
            <PageTitle title={t('title')} className={css.heading} />
          </>
        }
        right={
          me.may['project.create'] && (
            <Link to="/projects/direct" className="link s12">
              {t('direct')}
            </Link>
          )
        }
      />
      <AccessForm />
    </>
  )
}
