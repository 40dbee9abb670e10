/** The bar that appears with the first change: what changes, then Save. */
import { Button } from 'antd'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { RegionError } from '@/components/states'
import type { Change } from './settingsChanges'
import css from './Settings.module.css'

type Props = { changes: Change[]; onSave: () => void; onDiscard: () => void; isPending: boolean; error?: unknown }

export function SettingsSave({ changes, onSave, onDiscard, isPending, error }: Props) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  const isShown = changes.length > 0
  useEffect(() => {
    if (isShown) document.activeElement?.scrollIntoView({ block: 'nearest' })
  }, [isShown])
  if (!isShown) return null
  return (
    <section className={css.save} aria-label={t('set.changes')}>
      {Boolean(error) && <RegionError error={error} />}
      <dl className={css.diff}>
        {changes.map((change) => (
          <div key={change.label}>
            <dt>{change.label}</dt>
            <dd>
              {change.before && <del>{change.before}</del>}
              {change.after ? <ins>{change.after}</ins> : <span className="t3">{common('none')}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <div className={css.saveButtons}>
        <Button onClick={onDiscard}>{t('set.discard')}</Button>
        <KeyButton type="primary" shortcut="ctrl+enter" loading={isPending} onPress={onSave}>
          {common('save')}
        </KeyButton>
      </div>
    </section>
  )
}
