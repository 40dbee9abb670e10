/** Settings, resources: servers, databases and links bound to the project, and the workloads the portal looks after. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { notify } from '@/components/notify'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import { resourcesQuery } from '@/lib/api/queries'
import { isWebAddress } from '@/lib/web'
import { useMayChange, useRefresh, type Project } from './settingsProject'
import { SettingsWorkloads } from './SettingsWorkloads'
import css from './Settings.module.css'

type Resource = Schemas['Resource']
type NewResource = Schemas['NewResourceRequest']
const KINDS: Schemas['ResourceKind'][] = ['server', 'database', 'dashboard', 'link']
const EMPTY: NewResource = { kind: 'server', name: '', address: '', note: '', environment: null }
const SHOWN = ['kind', 'name', 'address', 'note', 'environment']

function AddResource({ project, add }: { project: Project; add: ReturnType<typeof useAdd> }) {
  const { t } = useTranslation('projects')
  const [form, setForm] = useState(EMPTY)
  const set = (part: Partial<NewResource>) => setForm({ ...form, ...part })
  const problem = (field: string) => problemOf(add.error, field)
  const rest = restOf(add.error, SHOWN)
  return (
    <form
      className={css.inline}
      aria-label={t('set.add')}
      onSubmit={(event) => {
        event.preventDefault()
        add.mutate(form, { onSuccess: () => setForm(EMPTY) })
      }}
    >
      <Field id="res-kind" label={t('set.kind')} problem={problem('kind')}>
        <Select
          {...describedBy('res-kind')}
          aria-label={t('set.kind')}
          value={form.kind}
          onChange={(kind) => set({ kind })}
          options={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
        />
      </Field>
      <Field id="res-name" label={t('set.name')} problem={problem('name')}>
        <Input {...describedBy('res-name')} value={form.name} onChange={(event) => set({ name: event.target.value })} />
      </Field>
      <Field id="res-address" label={t('set.address')} optional problem={problem('address')}>
        <Input
          {...describedBy('res-address')}
          className="mono"
          value={form.address}
          onChange={(event) => set({ address: event.target.value })}
        />
      </Field>
      <Field id="res-environment" label={t('set.environment')} optional problem={problem('environment')}>
        <Select
          {...describedBy('res-environment')}
          aria-label={t('set.environment')}
          allowClear
          placeholder={t('set.everywhere')}
          value={form.environment ?? undefined}
          onChange={(environment?: string) => set({ environment: environment ?? null })}
          options={project.environments.map((slug) => ({ value: slug, label: slug }))}
        />
      </Field>
      <Button htmlType="submit" loading={add.isPending} className={css.inlineButton}>
        {t('set.add')}
      </Button>
      {rest && (
        <p className={css.problem} role="alert">
          {rest}
        </p>
      )}
    </form>
  )
}

function useAdd(slug: string) {
  const refresh = useRefresh(slug)
  return useMutation<Resource, ApiError, NewResource>({
    mutationFn: (resource) =>
      body(api.POST('/api/v1/projects/{slug}/resources/', { params: { path: { slug } }, body: resource })),
    onSuccess: refresh,
  })
}

function useRemove(slug: string, add: ReturnType<typeof useAdd>) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  const refresh = useRefresh(slug)
  return useMutation<unknown, ApiError, Resource>({
    mutationFn: (resource) =>
      body(
        api.DELETE('/api/v1/projects/{slug}/resources/{resource_id}/', {
          params: { path: { slug, resource_id: resource.id } },
        }),
      ),
    onSuccess: async (_, { kind, name, address, note, environment }) => {
      await refresh()
      notify(
        t('set.removed', { name }),
        { label: common('undo'), run: () => add.mutate({ kind, name, address, note, environment }) },
        8,
      )
    },
  })
}

function Table({ resources, onRemove }: { resources: Resource[]; onRemove?: (resource: Resource) => void }) {
  const { t } = useTranslation('projects')
  if (!resources.length)
    return (
      <div className="card">
        <Empty>{t('set.no_resources')}</Empty>
      </div>
    )
  return (
    <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('set.resources')}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('set.name')}</th>
            <th scope="col">{t('set.kind')}</th>
            <th scope="col">{t('set.address')}</th>
            <th scope="col">{t('set.environment')}</th>
            {onRemove && (
              <th scope="col">
                <span className="hidden-visually">{t('set.remove')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {resources.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                {one.name}
                {one.note && <span className="t3 s12"> {one.note}</span>}
              </th>
              <td className="t2">{t(`kind.${one.kind}`)}</td>
              <td className="mono">
                {isWebAddress(one.address) ? (
                  <a className="link" href={one.address} target="_blank" rel="noreferrer">
                    {one.address}
                  </a>
                ) : (
                  one.address || '—'
                )}
              </td>
              <td className="t2">{one.environment ?? t('set.everywhere')}</td>
              {onRemove && (
                <td className={css.end}>
                  <Button
                    type="text"
                    size="small"
                    icon={<X size={14} aria-hidden />}
                    aria-label={t('set.remove_named', { name: one.name })}
                    onClick={() => onRemove(one)}
                  />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function SettingsResources({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const { slug } = project
  const may = useMayChange(project)
  const add = useAdd(slug)
  const remove = useRemove(slug, add)
  const list = useQuery(resourcesQuery(slug))
  return (
    <>
      <section className={css.part} aria-labelledby="resources">
        <h2 id="resources">{t('set.resources')}</h2>
        {list.error && <RegionError error={list.error} retry={() => void list.refetch()} />}
        {remove.error && <RegionError error={remove.error} />}
        {list.isPending && <Loading />}
        {list.data && (
          <Table resources={list.data.results} onRemove={may ? (resource) => remove.mutate(resource) : undefined} />
        )}
        {may ? <AddResource project={project} add={add} /> : <Denied reason={{ code: 'policy.needs_owner' }} />}
      </section>
      <SettingsWorkloads project={project} />
    </>
  )
}
