/** Asks why a release is to stop. It says what stopping means: the outside has to confirm before it is over (D8). */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { TextArea } from '@/components/TextBox'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { KeyButton } from '@/components/Key'
import { api, body } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { invalidateFor } from '@/lib/live/invalidate'
import css from './Release.module.css'

export function CancelDialog({
  ticket,
  isPatched,
  onClose,
}: {
  ticket: number
  isPatched: boolean
  onClose: () => void
}) {
  const { t } = useTranslation('release')
  const { t: common } = useTranslation()
  const client = useQueryClient()
  const id = useId()
  const [reason, setReason] = useState('')
  const cancel = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api/v1/tickets/{ticket_id}/cancel', {
          params: { path: { ticket_id: ticket } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: async () => {
      await invalidateFor(client, { what: 'ticket', id: ticket })
      onClose()
    },
  })
  return (
    <Dialog label={t('cancel.title')} onClose={onClose} className={css.dialog}>
      <form
        className={css.cancel}
        onSubmit={(event) => {
          event.preventDefault()
          cancel.mutate()
        }}
      >
        <h2>{t('cancel.title')}</h2>
        <p className="t2">{isPatched ? t('cancel.late') : t('cancel.early')}</p>
        <label htmlFor={id} className="b5">
          {t('cancel.reason')} <span className="t3">{common('optional')}</span>
        </label>
        <TextArea
          id={id}
          autoFocus
          value={reason}
          maxLength={500}
          least={2}
          most={5}
          onChange={(event) => setReason(event.target.value)}
        />
        {cancel.isError && (
          <p className={css.bad} role="alert">
            {sentence(asApiError(cancel.error))}
          </p>
        )}
        <div className={css.cancelButtons}>
          <Button onClick={onClose}>{t('cancel.keep')}</Button>
          <KeyButton
            danger
            shortcut="ctrl+enter"
            loading={cancel.isPending && { delay: 300 }}
            onPress={() => cancel.mutate()}
          >
            {t('cancel.do')}
          </KeyButton>
        </div>
      </form>
    </Dialog>
  )
}
