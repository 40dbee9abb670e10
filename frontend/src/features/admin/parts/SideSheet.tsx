/** The sheet beside a list in which one row is read and changed. Single keys of the page are off while it is open. */
import { Drawer } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useIsPhone } from '@/lib/screen'
import css from './form.module.css'

export function SideSheet({
  title,
  onClose,
  children,
}: {
  title: ReactNode
  onClose: () => void
  children: ReactNode
}) {
  const { t } = useTranslation()
  const phone = useIsPhone()
  return (
    <Drawer
      open
      title={title}
      onClose={onClose}
      size={phone ? '100%' : 520}
      mask={{ blur: false }}
      closable={{ 'aria-label': t('close'), placement: 'end' }}
      classNames={{ body: css.sheetBody, header: css.sheetHead, mask: css.sheetMask }}
    >
      <div className={css.sheet} data-keys-blocked>
        {children}
      </div>
    </Drawer>
  )
}
