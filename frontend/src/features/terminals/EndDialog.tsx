/** Ends a session: one's own at once, another's with a sentence that its user sees. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { nameOf } from '@/components/Person'
import { RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { endSession, type SessionDetail } from '@/lib/api/terminals'
import css from './terminals.module.css'

type Props = { session: SessionDetail; isMine: boolean; close: () => void }

export function EndDialog({ session, isMine, close }: Props) {
  const { t } = useTranslation('terminals')
  const { t: common } = useTranslation()
  const client = useQueryClient()
  const [message, setMessage] = useState('')
  const [asked, setAsked] = useState(false)
  const end = useMutation({
    mutationFn: () => endSession(session.id, message.trim()),
    onSuccess: async () => {
      close()
      await Promise.all(
        [['terminal', session.id], ['terminals']].map((queryKey) => client.invalidateQueries({ queryKey })),
      )
    },
  })
  const missing = asked && !isMine && !message.trim()
  const title = isMine ? t('end.mine') : t('end.of', { name: nameOf(session.user) })
  return (
    <Dialog label={title} onClose={close} className={css.dialog}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(true)
          if (isMine || message.trim()) end.mutate()
        }}
      >
        <h2>{title}</h2>
        <p className="t2">{t(isMine ? 'end.mine_means' : 'end.means')}</p>
        {!isMine && (
          <>
            <TextArea
              autoFocus
              value={message}
              maxLength={300}
              bad={missing}
              aria-label={t('end.message')}
              placeholder={t('end.message')}
              onChange={(event) => setMessage(event.target.value)}
            />
            {missing && (
              <p role="alert" className={css.problem}>
                {t('end.message_missing')}
              </p>
            )}
          </>
        )}
        {end.error && <RegionError error={end.error} />}
        <div className={css.answers}>
          <Button onClick={close}>{common('cancel')}</Button>
          <Button danger htmlType="submit" autoFocus={isMine} loading={end.isPending && { delay: 300 }}>
            {t('end')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
