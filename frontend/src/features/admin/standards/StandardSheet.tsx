/** One standard beside the table: a form for who may change it, text for the others. */
import { useTranslation } from 'react-i18next'
import { Loading } from '@/components/states'
import { SideSheet } from '../parts/SideSheet'
import type { Standard } from './model'
import { ReadStandard } from './Read'
import { StandardEditor } from './StandardEditor'
import admin from '../Admin.module.css'

type Props = {
  id: string
  /** undefined: there is no such standard */
  standard: Standard | undefined
  languageNames: ReadonlyMap<string, string>
  /** undefined: not known yet */
  mayChange: boolean | undefined
  onClose: () => void
}

export function StandardSheet({ id, standard, languageNames, mayChange, onClose }: Props) {
  const { t } = useTranslation('standards')
  return (
    <SideSheet title={<span className="mono">{id}</span>} onClose={onClose}>
      {!standard ? (
        <p className={admin.fields}>{t('unknown')}</p>
      ) : mayChange === undefined ? (
        <div className={admin.fields}>
          <Loading />
        </div>
      ) : mayChange ? (
        <StandardEditor key={standard.id} standard={standard} languageNames={languageNames} />
      ) : (
        <ReadStandard standard={standard} languageNames={languageNames} />
      )}
    </SideSheet>
  )
}
