/** Asks why before a ticket is stopped, and says what stopping means now. Loaded when it is asked for. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { KeyButton } from '@/components/Key'
import { RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { api, body } from '@/lib/api/client'
import { invalidateFor } from '@/lib/live/invalidate'
import { isAccessKind } from '@/lib/status'
import { isWaiting, type Card } from './types'
import css from './CancelDialog.module.css'

export default function CancelDialog({ card, close }: { card: Card; close: () => void }) {
  const { t } = useTranslation('ticket')
  const { t: common } = useTranslation()
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), []) // after the dialog's own, which takes its first element
  const cancel = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api/v1/tickets/{ticket_id}/cancel', {
          params: { path: { ticket_id: card.id } },
          body: { reason: reason.trim() },
        }),
      ),
    onSuccess: close,
    onSettled: () => invalidateFor(client, { what: 'ticket', id: card.id }),
  })
  const meaning = isWaiting(card.status)
    ? 'cancel_now'
    : isAccessKind(card.kind)
      ? 'cancel_access'
      : card.kind === 'resync_jobs'
        ? 'cancel_resync'
        : card.frozen_at === null
          ? 'cancel_early'
          : 'cancel_late'
  const title = t('cancel_title', { id: card.id })
  return (
    <Dialog label={title} onClose={close} className={css.dialog}>
      <h2>{title}</h2>
      <p className="t2">{t(meaning)}</p>
      <label className={css.field}>
        <span className="t2 s12">
          {t('cancel_reason')} <span className="t3">{common('optional')}</span>
        </span>
        <TextArea
          ref={field}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          most={6}
          maxLength={10_000}
        />
      </label>
      {cancel.error && <RegionError error={cancel.error} />}
      <div className={css.buttons}>
        <Button onClick={close}>{t('keep')}</Button>
        <KeyButton
          danger
          shortcut="ctrl+enter"
          loading={cancel.isPending && { delay: 300 }}
          onPress={() => cancel.mutate()}
        >
          {t('cancel_ticket')}
        </KeyButton>
      </div>
    </Dialog>
  )
}
