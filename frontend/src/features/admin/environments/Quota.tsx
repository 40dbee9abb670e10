/** What each namespace of a placement may use: a line of text, changed in place. */
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

type Props = {
  slug: string
  placement: Schemas['Placement']
  mayChange: boolean
  onSaved: () => Promise<unknown>
}

export function Quota({ slug, placement, mayChange, onSaved }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const { id, cluster, quota } = placement
  const [text, setText] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: (wanted: string) =>
      body(
        api.PATCH('/api/v1/environments/{slug}/placements/{placement_id}/', {
          params: { path: { slug, placement_id: id } },
          body: { quota: quotaOf(wanted) },
        }),
      ),
    onSuccess: async () => {
      await onSaved()
      setText(null)
      notify(t('place.quota_saved', { cluster }))
    },
  })
  const error = save.error ? asApiError(save.error) : null
  if (text === null) {
    return (
      <div className={css.shown}>
        {textOf(quota) ? (
          <span className="mono">{textOf(quota)}</span>
        ) : (
          <span className="t3">{t('place.quota_none')}</span>
        )}
        {mayChange && (
          <Button
            size="small"
            type="text"
            icon={<Pencil size={13} aria-hidden />}
            aria-label={t('place.quota_change', { cluster })}
            title={t('place.quota_change', { cluster })}
            onClick={() => {
              save.reset()
              setText(textOf(quota))
            }}
          />
        )}
      </div>
    )
  }
  return (
    <form
      className={css.open}
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(text)
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
            size="small"
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Labelled>
      <div className="row">
        <Button size="small" htmlType="submit" loading={save.isPending && { delay: 300 }}>
          {t('common:save')}
        </Button>
        <Button size="small" type="text" onClick={() => setText(null)}>
          {t('common:cancel')}
        </Button>
      </div>
    </form>
  )
}
