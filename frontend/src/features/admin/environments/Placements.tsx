/** Where an environment lies: its clusters by wave. A wave and a removal count at once and can be undone; refusals are sentences. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { X } from 'lucide-react'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { notify } from '@/components/notify'
import { RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import { AddPlacement } from './AddPlacement'
import { Quota, QuotaForm } from './Quota'
import css from '../Admin.module.css'

type Environment = Schemas['Environment']
type Placement = Schemas['Placement']
const UNDO_SECONDS = 8

/** One more than there are, so that a cluster can be moved behind all others. */
const wavesOf = (placements: Placement[]) => Math.max(1, ...placements.map(({ wave }) => wave)) + 1

export function Placements({ environment, mayChange }: { environment: Environment; mayChange: boolean }) {
  const { t } = useTranslation(['admin', 'common'])
  const client = useQueryClient()
  const { slug, placements } = environment
  const [edited, edit] = useState<number | null>(null)
  const refresh = () =>
    Promise.all(['environments', 'board', 'first-hour'].map((noun) => client.invalidateQueries({ queryKey: [noun] })))
  const move = useMutation({
    mutationFn: ({ id, wave }: { id: number; wave: number }) =>
      body(
        api.PATCH('/api/v1/environments/{slug}/placements/{placement_id}/', {
          params: { path: { slug, placement_id: id } },
          body: { wave },
        }),
      ),
    onSuccess: refresh,
  })
  const putBack = useMutation({
    mutationFn: ({ cluster, wave, namespace_pattern, quota }: Placement) =>
      body(
        api.POST('/api/v1/environments/{slug}/placements/', {
          params: { path: { slug } },
          body: { cluster, wave, namespace_pattern, quota },
        }),
      ),
    onSuccess: refresh,
  })
  const remove = useMutation({
    mutationFn: ({ id }: Placement) =>
      api.DELETE('/api/v1/environments/{slug}/placements/{placement_id}/', {
        params: { path: { slug, placement_id: id } },
      }),
    onSuccess: async (_, placement) => {
      await refresh()
      notify(
        t('place.removed', { cluster: placement.cluster, environment: slug }),
        { label: t('common:undo'), run: () => putBack.mutate(placement) },
        UNDO_SECONDS,
      )
    },
  })
  const changeWave = (placement: Placement, wave: number) =>
    move.mutate(
      { id: placement.id, wave },
      {
        onSuccess: () =>
          notify(
            t('place.moved', { cluster: placement.cluster, wave }),
            { label: t('common:undo'), run: () => move.mutate({ id: placement.id, wave: placement.wave }) },
            UNDO_SECONDS,
          ),
      },
    )
  const error = move.error ?? remove.error ?? putBack.error
  const waves = Array.from({ length: wavesOf(placements) }, (_, index) => ({
    value: index + 1,
    label: t('place.wave_n', { n: index + 1 }),
  }))
  const sorted = [...placements].sort((a, b) => a.wave - b.wave || a.cluster.localeCompare(b.cluster))
  return (
    <section aria-labelledby="placements">
      <div className={css.sectionHead}>
        <h2 id="placements">{mayChange ? t('place.title') : t('env.of', { name: environment.name })}</h2>
        <span className="t3 s12">{t('place.note')}</span>
      </div>
      {error && (
        <div className={css.tools}>
          <RegionError error={error} />
        </div>
      )}
      <div className={css.tableCard}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{t('place.wave')}</th>
              <th scope="col">{t('place.cluster')}</th>
              <th scope="col" className={css.wide}>
                {t('connection.data_centre')}
              </th>
              <th scope="col" className={css.medium}>
                {t('place.pattern')}
              </th>
              <th scope="col">{t('place.quota')}</th>
              <th scope="col">
                <span className="hidden-visually">{t('actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((placement) => (
              <Fragment key={placement.id}>
                <tr>
                  <td>
                    {mayChange ? (
                      <Select
                        size="small"
                        aria-label={t('place.wave_of', { cluster: placement.cluster })}
                        value={placement.wave}
                        options={waves}
                        onChange={(wave) => changeWave(placement, wave)}
                        style={{ width: 96 }}
                      />
                    ) : (
                      t('place.wave_n', { n: placement.wave })
                    )}
                  </td>
                  <td className="b5">{placement.cluster}</td>
                  <td className={css.wide}>{placement.data_centre || <span className="t3">–</span>}</td>
                  <td className={css.medium}>
                    <span className="mono">{placement.namespace_pattern}</span>
                  </td>
                  <td>
                    <Quota
                      placement={placement}
                      onEdit={mayChange && edited !== placement.id ? () => edit(placement.id) : undefined}
                    />
                  </td>
                  <td>
                    {mayChange && (
                      <div className={css.actions}>
                        <Button
                          size="small"
                          type="text"
                          icon={<X size={14} aria-hidden />}
                          aria-label={t('place.remove', { cluster: placement.cluster })}
                          title={t('place.remove', { cluster: placement.cluster })}
                          onClick={() => remove.mutate(placement)}
                        />
                      </div>
                    )}
                  </td>
                </tr>
                {edited === placement.id && (
                  <tr>
                    <td colSpan={6}>
                      <QuotaForm slug={slug} placement={placement} onSaved={refresh} onClose={() => edit(null)} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
            {!sorted.length && (
              <tr>
                <td colSpan={6} className="t2">
                  {t('place.none')}
                </td>
              </tr>
            )}
          </tbody>
        </table>
        {mayChange && <AddPlacement key={environment.slug} environment={environment} waves={waves} onAdded={refresh} />}
      </div>
    </section>
  )
}
