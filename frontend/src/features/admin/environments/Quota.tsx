/** What each namespace of a placement may use: shown in its row, changed as a line of text below it. */
import { useMutation } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf, restOf } from '@/components/form/Field'
import { notify } from '@/components/notify'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { Labelled } from '../parts/form'
import css from './Quota.module.css'
import { quotaOf, textOf } from './quota'

type Placement = Schemas['Placement']

/** `onEdit` is there for who may change it, and while it is not being changed. */
export function Quota({ placement: { cluster, quota }, onEdit }: { placement: Placement; onEdit?: () => void }) {
  const { t } = useTranslation('admin')
  const text = textOf(quota)
  return (
    <div className={css.shown}>
      {text ? <span className="mono">{text}</span> : <span className="t3">{t('place.quota_none')}</span>}
      {onEdit && (
        <Button
          size="small"
          type="text"
          icon={<Pencil size={13} aria-hidden />}
          aria-label={t('place.quota_change', { cluster })}
          title={t('place.quota_change', { cluster })}
          onClick={onEdit}
        />
      )}
    </div>
  )
}

type FormProps = { slug: string; placement: Placement; onSaved: () => Promise<unknown>; onClose: () => void }

export function QuotaForm({ slug, placement: { id, cluster, quota }, onSaved, onClose }: FormProps) {
  const { t } = useTranslation(['admin', 'common'])
  const [text, setText] = useState(textOf(quota))
  const save = useMutation({
    mutationFn: () =>
      body(
        api.PATCH('/api/v1/environments/{slug}/placements/{placement_id}/', {
          params: { path: { slug, placement_id: id } },
          body: { quota: quotaOf(text) },
        }),
      ),
    onSuccess: async () => {
      await onSaved()
      onClose()
      notify(t('place.quota_saved', { cluster }))
    },
  })
  const error = save.error ? asApiError(save.error) : null
  return (
    <form
      className={css.open}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Labelled
        label={t('place.quota_of', { cluster })}
        help={t('place.quota_help')}
        problem={problemOf(error, 'quota') ?? restOf(error, ['quota'])}
      >
        {(control) => (
          <Input
            {...control}
            className="mono"
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && onClose()}
          />
        )}
      </Labelled>
      <div className="row">
        <Button size="small" htmlType="submit" loading={save.isPending && { delay: 300 }}>
          {t('common:save')}
        </Button>
        <Button size="small" type="text" onClick={onClose}>
          {t('common:cancel')}
        </Button>
      </div>
    </form>
  )
}
