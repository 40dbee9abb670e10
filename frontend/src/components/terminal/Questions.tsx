/** What a terminal asks before it does: run several pasted lines, open a link that the shell printed. */
import { Button, Checkbox } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { cleanPaste, linesOf } from '@/lib/terminal/paste'
import css from './terminal.module.css'

const SHOWN = 4_000

export function PasteDialog({ text, close }: { text: string; close: (run: boolean, always: boolean) => void }) {
  const { t } = useTranslation('terminals')
  const { t: common } = useTranslation()
  const [always, setAlways] = useState(false)
  const clean = cleanPaste(text)
  return (
    <Dialog
      label={t('paste.title', { count: linesOf(text) })}
      onClose={() => close(false, false)}
      className={css.question}
    >
      <h2>{t('paste.title', { count: linesOf(text) })}</h2>
      <p className="t2">{t('paste.means')}</p>
      <pre className={css.pasted} tabIndex={0}>
        {clean.length > SHOWN ? `${clean.slice(0, SHOWN)}…` : clean}
      </pre>
      <Checkbox checked={always} onChange={(event) => setAlways(event.target.checked)}>
        {t('paste.always')}
      </Checkbox>
      <div className={css.answers}>
        <Button onClick={() => close(false, false)}>{common('cancel')}</Button>
        <Button autoFocus onClick={() => close(true, always)}>
          {t('paste.run')}
        </Button>
      </div>
    </Dialog>
  )
}

/** The link itself is what one clicks, so the browser opens it by the person's own act. */
export function LinkDialog({ url, close }: { url: string; close: () => void }) {
  const { t } = useTranslation('terminals')
  const { t: common } = useTranslation()
  return (
    <Dialog label={t('link.title')} onClose={close} className={css.question}>
      <h2>{t('link.title')}</h2>
      <p className="t2">{t('link.means')}</p>
      <p className={css.url}>{url}</p>
      <div className={css.answers}>
        <Button onClick={close}>{common('cancel')}</Button>
        <Button autoFocus href={url} target="_blank" rel="noopener noreferrer" onClick={close}>
          {t('link.open')}
        </Button>
      </div>
    </Dialog>
  )
}
