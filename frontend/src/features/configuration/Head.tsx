/** What this form is about: the workload and its place, what is in force there, and whether a draft of before is shown. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Restored } from '@/components/form/Restored'
import { PageTitle } from '@/components/Page'
import type { Which } from './queries'
import type { Page } from './useDocument'
import { useConfigurationTitle } from './useTitles'
import css from './configuration.module.css'

type Props = { which: Which; inForce: number; draft: Page['draft'] }

export function Head({ which, inForce, draft }: Props) {
  const { t } = useTranslation('configuration')
  const title = useConfigurationTitle()
  return (
    <div className={css.head}>
      <PageTitle title={title('form.title', which)} />
      <span className="t3 s12">{inForce ? t('form.in_force', { number: inForce }) : t('form.none_in_force')}</span>
      <Link to="/p/$project/configuration/$environment/$name/revisions" params={which} className="link s12">
        {t('revisions')}
      </Link>
      <Restored draft={draft} />
    </div>
  )
}
