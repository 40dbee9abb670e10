/** What the portal holds for this workload: set, replaced, removed. A value goes in and is never shown again (W17). */
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { Dialog, DialogTitle } from '@/components/Dialog'
import { nameOf } from '@/components/Person'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { projectEnvironmentsQuery, projectQuery, whyQuery } from '@/lib/api/queries'
import type { Which } from '../queries'
import { useConfigurationTitle } from '../useTitles'
import { heldQuery, PULL, useSecretChange, type Held } from './queries'
import { SetValue } from './SetValue'
import css from '../configuration.module.css'

/** Whether the reader may set values there, and why not. */
function useMayManage({ project, environment }: Which) {
  const id = useQuery(projectQuery(project)).data?.id
  const places = useQuery(projectEnvironmentsQuery(project)).data?.results
  const place = places?.find((one) => one.environment === environment)
  const question = { action: 'secret.manage', project: id, environment: place?.environment_id } as const
  return useQuery(whyQuery(id && place ? question : null)).data
}

/** Nobody can bring a value back, so the row asks once. */
function Remove({ which, held }: { which: Which; held: Held }) {
  const { t } = useTranslation('configuration')
  const [asks, setAsks] = useState(false)
  const remove = useSecretChange(which, () => undefined)
  const name = held.is_pull_secret ? t('secret.pull') : held.key
  if (!asks)
    return (
      <Button size="small" aria-label={t('secret.remove_of', { name })} onClick={() => setAsks(true)}>
        {t('secret.remove')}
      </Button>
    )
  return (
    <>
      <span>{t('secret.no_way_back')}</span>
      <Button
        size="small"
        danger
        autoFocus
        loading={remove.isPending && { delay: 300 }}
        onClick={() => remove.mutate({ remove: held.key })}
      >
        {t('secret.remove_now', { name })}
      </Button>
      <Button size="small" onClick={() => setAsks(false)}>
        {t('secret.keep')}
      </Button>
      {remove.error && <RegionError error={remove.error} />}
    </>
  )
}

type RowProps = { which: Which; held: Held; may: boolean; onReplace: () => void }

function Row({ which, held, may, onReplace }: RowProps) {
  const { t } = useTranslation('configuration')
  const name = held.is_pull_secret ? t('secret.pull') : held.key
  return (
    <tr>
      <th scope="row" className={held.is_pull_secret ? undefined : 'mono'}>
        {name}
      </th>
      <td className="tnum" data-label={t('secret.version')}>
        {held.version}
      </td>
      <td className="t2">
        {held.set_by && nameOf(held.set_by)} <Age at={held.set_at} />
      </td>
      <td>{t(held.in_use ? 'secret.in_use' : 'secret.not_in_use')}</td>
      <td>
        <div className={css.actions}>
          {may && (
            <Button size="small" aria-label={t('secret.replace_of', { name })} onClick={onReplace}>
              {t('secret.replace')}
            </Button>
          )}
          {may && (held.is_pull_secret || !held.in_use) && <Remove which={which} held={held} />}
        </div>
      </td>
    </tr>
  )
}

type ListProps = { which: Which; may: boolean; onReplace: (key: string) => void }

function List({ which, may, onReplace }: ListProps) {
  const { t } = useTranslation('configuration')
  const found = useQuery(heldQuery(which))
  const rows = found.data?.results
  if (found.error && !rows) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!rows) return <Loading />
  if (!rows.length) return <Empty>{t('secret.none')}</Empty>
  return (
    <div className={css.tableBox} tabIndex={0} role="group" aria-label={t('secret.held')}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('secret.key')}</th>
            <th scope="col">{t('secret.version')}</th>
            <th scope="col">{t('secret.set')}</th>
            <th scope="col">{t('secret.use')}</th>
            <th scope="col">
              <span className="hidden-visually">{t('col.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((held) => (
            <Row key={held.key} which={which} held={held} may={may} onReplace={() => onReplace(held.key)} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Secrets({ which, onClose }: { which: Which; onClose: () => void }) {
  const { t } = useTranslation(['configuration', 'common'])
  const title = useConfigurationTitle()('secrets.title', which)
  const right = useMayManage(which)
  const [replaced, replace] = useState<{ key: string; times: number }>({ key: '', times: 0 })
  return (
    <Dialog label={title} onClose={onClose} className={css.sheet}>
      <DialogTitle>{title}</DialogTitle>
      <p className="t2">{t('secret.lead')}</p>
      <List
        which={which}
        may={Boolean(right?.allowed)}
        onReplace={(key) => replace(({ times }) => ({ key, times: times + 1 }))}
      />
      {right && !right.allowed && <Denied reason={right} />}
      {right?.allowed && (
        <SetValue
          key={replaced.times}
          which={which}
          name={replaced.key === PULL ? '' : replaced.key}
          isPull={replaced.key === PULL}
        />
      )}
      <div className={css.buttons}>
        <Button onClick={onClose}>{t('common:close')}</Button>
      </div>
    </Dialog>
  )
}
