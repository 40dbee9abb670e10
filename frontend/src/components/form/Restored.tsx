/** Tells that a form shows a draft of an earlier visit, with the way to begin anew. */
import { useTranslation } from 'react-i18next'

type Props = { draft: { restored: boolean; discard: () => void } }

export function Restored({ draft }: Props) {
  const { t } = useTranslation()
  if (!draft.restored) return null
  return (
    <p className="t2 s12">
      {t('draft.restored')}{' '}
      <button type="button" className="link" onClick={draft.discard}>
        {t('draft.discard')}
      </button>
    </p>
  )
}
