/**
 * The last look before a ticket: what would change on which cluster, and why this revision is made. Only from here it is
 * filed, so nobody files a change he was not shown (W15).
 */
import { Button } from 'antd'
import { CloudOff } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { describedBy, Field } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { Loading, SkeletonRows } from '@/components/states'
import { TextBox } from '@/components/TextBox'
import { sentence } from '@/lib/i18n'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import type { Filing } from './queries'
import { Change } from './rail/Change'
import type { Page } from './useDocument'
import type { Way } from './useWay'
import css from './configuration.module.css'

/** The change as it is known now; while it is asked for again nothing of before is shown as if it were this. */
function Shown({ page }: { page: Page }) {
  const { t } = useTranslation('configuration')
  const { preview, trouble } = page
  if (trouble)
    return (
      <p className="t2" role="alert">
        {sentence(trouble)}
      </p>
    )
  if (!preview.good || preview.isBehind)
    return (
      <Loading>
        <SkeletonRows rows={5} height={22} />
      </Loading>
    )
  const silent = preview.good.clusters.filter((one) => one.not_checked)
  return (
    <>
      <Change preview={preview.good} />
      {silent.map(({ cluster, not_checked }) => (
        <p key={cluster} className={css.silent}>
          <CloudOff size={14} aria-hidden />
          <span>
            {t('not_checked', { cluster })} {not_checked && sentence(not_checked)} {t('review.asked_again')}
          </span>
        </p>
      ))}
    </>
  )
}

type Props = { title: string; page: Page; way: Way; filing: Filing; onFile: () => void; onClose: () => void }

export function Review({ title, page, way, filing, onFile, onClose }: Props) {
  const { t } = useTranslation('configuration')
  const { draft, preview, trouble } = page
  const note = useRef<HTMLInputElement>(null)
  useEffect(() => note.current?.focus(), []) // after the dialog's own, which takes its first element
  const isKnown = Boolean(preview.good) && !preview.isBehind && !trouble
  const lead = () => {
    onClose()
    way.press()
  }
  return (
    <Dialog label={title} onClose={onClose} className={css.review}>
      <h2>{title}</h2>
      <div className={css.reviewed}>
        <Shown page={page} />
      </div>
      <Field id="cf-note" label={t('note')}>
        <TextBox
          {...describedBy('cf-note')}
          ref={note}
          maxLength={500}
          value={draft.value.note}
          placeholder={t('note.help')}
          onChange={(event) => {
            const text = event.target.value
            draft.change((old) => ({ ...old, note: text }))
          }}
        />
      </Field>
      <FilingTrouble filing={filing} />
      <div className={css.buttons}>
        <Button onClick={onClose}>{t('act.back')}</Button>
        {!way.isFree ? (
          <KeyButton type="primary" shortcut="ctrl+enter" onPress={lead}>
            {t(`act.${way.act}`)}
          </KeyButton>
        ) : (
          isKnown && (
            <KeyButton
              type="primary"
              shortcut="ctrl+enter"
              loading={filing.isPending && { delay: 300 }}
              onPress={onFile}
            >
              {t('act.file')}
            </KeyButton>
          )
        )}
      </div>
    </Dialog>
  )
}
