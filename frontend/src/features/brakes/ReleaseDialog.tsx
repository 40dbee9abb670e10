/** Lets go of one brake, with a word about it if somebody wants to leave one. Loaded when it is asked for. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { KeyButton } from '@/components/Key'
import { notify } from '@/components/notify'
import { RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { api, body } from '@/lib/api/client'
import { invalidateFor } from '@/lib/live/invalidate'
import { LONGEST, type Brake } from './model'
import { useEffectWords, useScopeWord } from './say'
import css from './brakes.module.css'

export default function ReleaseDialog({ brake, close }: { brake: Brake; close: () => void }) {
  const { t } = useTranslation('brakes')
  const { t: common } = useTranslation()
  const client = useQueryClient()
  const [comment, setComment] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), []) // after the dialog's own, which takes its first element
  const where = useScopeWord()(brake.cluster)
  const effects = useEffectWords()(brake)
  const release = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api/v1/brakes/{brake_id}/release/', {
          params: { path: { brake_id: brake.id } },
          body: { comment: comment.trim() },
        }),
      ),
    onSuccess: async () => {
      // Closed when the page no longer shows it: the next press cannot meet a brake that is off.
      await invalidateFor(client, { what: 'brake', id: brake.id })
      notify(t('released', { where }))
      close()
    },
    onError: () => invalidateFor(client, { what: 'brake', id: brake.id }),
  })
  const title = t('release_title', { where })
  return (
    <Dialog label={title} onClose={close} className={css.dialog}>
      <h2>{title}</h2>
      <p className="t2">
        {t('release_meaning')} {effects && t('release_now', { effects })}
      </p>
      <label className={css.field}>
        <span className="t2 s12">
          {t('comment')} <span className="t3">{common('optional')}</span>
        </span>
        <TextArea
          ref={field}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
          most={6}
          maxLength={LONGEST}
        />
      </label>
      {release.error && <RegionError error={release.error} />}
      <div className={css.buttons}>
        <Button onClick={close}>{t('keep')}</Button>
        <KeyButton
          type="primary"
          shortcut="ctrl+enter"
          loading={release.isPending && { delay: 300 }}
          onPress={() => release.mutate()}
        >
          {t('release')}
        </KeyButton>
      </div>
    </Dialog>
  )
}
