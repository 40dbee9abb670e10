/** One line under the placements: the environment shall also lie on another cluster. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf, restOf } from '@/components/form/Field'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { connectionsQuery } from '../connections/kinds'
import { Labelled } from '../parts/form'
import css from './AddPlacement.module.css'

type Props = {
  environment: Schemas['Environment']
  waves: { value: number; label: string }[]
  onAdded: () => Promise<unknown>
}
const PATTERN = '{environment}'

export function AddPlacement({ environment, waves, onAdded }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const clusters = useQuery(connectionsQuery('cluster'))
  const [open, setOpen] = useState(false)
  const [cluster, setCluster] = useState<string>()
  const [wave, setWave] = useState(1)
  const [pattern, setPattern] = useState(PATTERN)
  const add = useMutation({
    mutationFn: (name: string) =>
      body(
        api.POST('/api/v1/environments/{slug}/placements/', {
          params: { path: { slug: environment.slug } },
          body: { cluster: name, wave, namespace_pattern: pattern },
        }),
      ),
    onSuccess: async () => {
      await onAdded()
      setOpen(false)
      setCluster(undefined)
      setPattern(PATTERN)
    },
  })
  const taken = new Set(environment.placements.map((placement) => placement.cluster))
  const free = (clusters.data ?? [])
    .filter(({ name }) => !taken.has(name))
    .map(({ name }) => ({ value: name, label: name }))
  const error = add.error ? asApiError(add.error) : null
  const refusal = restOf(error, ['cluster', 'namespace_pattern', 'wave'])
  if (!open) {
    if (clusters.data && !free.length) return <p className={css.full}>{t('place.all')}</p>
    return (
      <div className={css.closed}>
        <Button size="small" icon={<Plus size={14} aria-hidden />} onClick={() => setOpen(true)}>
          {t('place.add')}
        </Button>
      </div>
    )
  }
  return (
    <div className={css.open}>
      <div className={css.fields}>
        <Labelled label={t('place.cluster')} problem={problemOf(error, 'cluster')}>
          {(control) => (
            <Select
              {...control}
              aria-label={t('place.cluster')}
              autoFocus
              value={cluster}
              options={free}
              onChange={setCluster}
              style={{ width: '100%' }}
            />
          )}
        </Labelled>
        <Labelled label={t('place.wave')} problem={problemOf(error, 'wave')}>
          {(control) => (
            <Select
              {...control}
              aria-label={t('place.wave')}
              value={wave}
              options={waves}
              onChange={setWave}
              style={{ width: '100%' }}
            />
          )}
        </Labelled>
        <Labelled
          label={t('place.pattern')}
          help={t('place.pattern_help')}
          problem={problemOf(error, 'namespace_pattern')}
        >
          {(control) => (
            <Input {...control} className="mono" value={pattern} onChange={(event) => setPattern(event.target.value)} />
          )}
        </Labelled>
      </div>
      {refusal && (
        <p className={css.refusal} role="alert">
          {refusal}
        </p>
      )}
      <div className="row">
        {cluster && (
          <Button onClick={() => add.mutate(cluster)} loading={add.isPending && { delay: 300 }}>
            {t('place.add_to', { cluster })}
          </Button>
        )}
        <Button
          type="text"
          onClick={() => {
            setOpen(false)
            add.reset()
          }}
        >
          {t('common:cancel')}
        </Button>
      </div>
    </div>
  )
}
