/** The second press. Its focus is on the sentence and it takes none at once: neither a key held down nor a double click pulls. */
import { Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import css from './brakes.module.css'

const DEAF_FOR = 600

type Props = { where: string; busy: boolean; onPull: () => void; onBack: () => void }

export function PullConfirm({ where, busy, onPull, onBack }: Props) {
  const { t } = useTranslation('brakes')
  const [since] = useState(Date.now)
  const words = useRef<HTMLParagraphElement>(null)
  useEffect(() => words.current?.focus(), [])
  return (
    <div role="group" aria-labelledby="brake-confirm" className={css.confirm}>
      <p id="brake-confirm" ref={words} tabIndex={-1}>
        <strong>{t('confirm', { where })}</strong>{' '}
        <span className="t2">{t(busy ? 'confirm_busy' : 'confirm_once')}</span>
      </p>
      <div className={css.buttons}>
        <Button onClick={onBack}>{t('back')}</Button>
        <Button
          danger
          type="primary"
          className={css.pull}
          loading={busy && { delay: 300 }}
          onClick={() => Date.now() - since > DEAF_FOR && onPull()}
        >
          {t('confirm_do', { where })}
        </Button>
      </div>
    </div>
  )
}
