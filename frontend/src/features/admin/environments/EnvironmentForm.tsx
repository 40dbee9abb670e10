/** What may be changed of an environment, or a new one. The slug stays: namespaces are made of it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Input, InputNumber, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { ManySelect } from '@/components/form/ManySelect'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useEdits } from '../parts/edits'
import { Labelled, SaveBar, type DiffRow } from '../parts/form'
import css from '../Admin.module.css'

type Environment = Schemas['Environment']
type Tier = Environment['tier']
type Values = {
  slug: string
  name: string
  tier: Tier
  position: number
  approvals_required: number
  promotes_from: string[]
}

const TIERS: Tier[] = ['development', 'test', 'staging', 'production']
const FIELDS = ['slug', 'name', 'tier', 'position', 'approvals_required', 'promotes_from'] as const
const TOUCHED = ['environments', 'project', 'board', 'first-hour']

const valuesOf = (environment: Environment): Values => ({
  slug: environment.slug,
  name: environment.name,
  tier: environment.tier,
  position: environment.position,
  approvals_required: environment.approvals_required,
  promotes_from: [...environment.promotes_from].sort(),
})

/** A new one stands behind the last and asks production's usual approval. */
const fresh = (others: Environment[]): Values => ({
  slug: '',
  name: '',
  tier: 'test',
  position: Math.max(0, ...others.map(({ position }) => position)) + 10,
  approvals_required: 0,
  promotes_from: [],
})

function useDiff(before: Values, changes: Partial<Values>, isNew: boolean): DiffRow[] {
  const { t } = useTranslation(['admin', 'common'])
  const said = (name: keyof Values, value: Values[keyof Values] | undefined): string | null => {
    if (Array.isArray(value)) return value.length ? value.join(', ') : t('common:none')
    if (name === 'tier') return t(`common:tier.${value as Tier}`)
    return value === undefined || value === '' ? null : String(value)
  }
  return (Object.keys(changes) as (keyof Values)[]).map((name) => ({
    label: t(`env.${name}`),
    before: isNew ? null : said(name, before[name]),
    after: said(name, changes[name]),
  }))
}

type Props = {
  environment: Environment | null
  all: Environment[]
  onSaved: (slug: string) => void
  onLeave: () => void
}

export function EnvironmentForm({ environment, all, onSaved, onLeave }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const client = useQueryClient()
  const initial = environment ? valuesOf(environment) : fresh(all)
  const { values, changes, dirty, set, reset } = useEdits(initial)
  const save = useMutation({
    mutationFn: async () =>
      environment
        ? body(
            api.PATCH('/api/v1/environments/{slug}/', { params: { path: { slug: environment.slug } }, body: changes }),
          )
        : body(api.POST('/api/v1/environments/', { body: values })),
    onSuccess: async (saved) => {
      await Promise.all(TOUCHED.map((noun) => client.invalidateQueries({ queryKey: [noun] })))
      reset()
      onSaved(saved.slug)
    },
  })
  const error = save.error ? asApiError(save.error) : null
  const rows = useDiff(initial, changes, !environment)
  const sources = all
    .filter(({ slug }) => slug !== environment?.slug)
    .map(({ slug, name }) => ({ value: slug, label: name }))
  return (
    <>
      <div className={css.fields}>
        {!environment && (
          <Labelled label={t('env.slug')} help={t('env.slug_help')} problem={problemOf(error, 'slug')}>
            {(control) => (
              <Input
                {...control}
                autoFocus
                className="mono"
                maxLength={40}
                autoComplete="off"
                value={values.slug}
                onChange={(event) => set('slug', event.target.value)}
              />
            )}
          </Labelled>
        )}
        <Labelled label={t('env.name')} problem={problemOf(error, 'name')}>
          {(control) => (
            <Input
              {...control}
              value={values.name}
              maxLength={100}
              onChange={(event) => set('name', event.target.value)}
            />
          )}
        </Labelled>
        <div className={css.pair}>
          <Labelled label={t('env.tier')} problem={problemOf(error, 'tier')}>
            {(control) => (
              <Select
                {...control}
                aria-label={t('env.tier')}
                value={values.tier}
                options={TIERS.map((tier) => ({ value: tier, label: t(`common:tier.${tier}`) }))}
                onChange={(tier) => set('tier', tier)}
                style={{ width: '100%' }}
              />
            )}
          </Labelled>
          <Labelled label={t('env.approvals_required')} problem={problemOf(error, 'approvals_required')}>
            {(control) => (
              <InputNumber
                {...control}
                min={0}
                max={10}
                precision={0}
                value={values.approvals_required}
                onChange={(count) => set('approvals_required', count ?? 0)}
                style={{ width: '100%' }}
              />
            )}
          </Labelled>
        </div>
        <Labelled
          label={t('env.promotes_from')}
          optional
          help={t('env.promotes_from_help')}
          problem={problemOf(error, 'promotes_from')}
        >
          {(control) => (
            <ManySelect
              {...control}
              aria-label={t('env.promotes_from')}
              value={values.promotes_from}
              options={sources}
              onChange={(slugs) => set('promotes_from', [...slugs].sort())}
              style={{ width: '100%' }}
            />
          )}
        </Labelled>
        <Labelled label={t('env.position')} help={t('env.position_help')} problem={problemOf(error, 'position')}>
          {(control) => (
            <InputNumber
              {...control}
              min={0}
              max={10_000}
              step={10}
              precision={0}
              value={values.position}
              onChange={(position) => set('position', position ?? 0)}
              style={{ width: 120 }}
            />
          )}
        </Labelled>
      </div>
      {dirty && (
        <SaveBar
          rows={rows}
          label={environment ? t('save_changes') : t('env.create')}
          fields={FIELDS}
          pending={save.isPending}
          error={save.error}
          onSave={() => save.mutate()}
          onReset={() => {
            reset()
            save.reset()
            if (!environment) onLeave()
          }}
        />
      )}
    </>
  )
}
