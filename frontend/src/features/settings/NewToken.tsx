/** The form that makes a token: name, what for, until when, for which project. Hands the secret on; keeps nothing. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Checkbox, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { projectsQuery } from '@/lib/api/queries'
import { Field, Group, SaveBar } from './parts'
import { endAfter, GROUPS, LIFETIMES, scopesOf, type ScopeGroup } from './scopes'
import css from './settings.module.css'

type Props = { onMade: (token: Schemas['MadeToken']) => void; onClose: () => void }

export function NewToken({ onMade, onClose }: Props) {
  const { t } = useTranslation('settings')
  const [name, setName] = useState('')
  const [groups, setGroups] = useState<ScopeGroup[]>(['read'])
  const [days, setDays] = useState<number>(90)
  const [project, setProject] = useState<number | null>(null)
  const [missing, setMissing] = useState(false)
  const projects = useQuery(projectsQuery({ limit: 200 }))
  const make = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api/v1/tokens/', {
          body: { name: name.trim(), scopes: scopesOf(groups), project, expires_at: endAfter(days, Date.now()) },
        }),
      ),
    onSuccess: onMade,
  })
  const error = make.error ? asApiError(make.error) : null
  const save = () => {
    setMissing(true)
    if (name.trim() && groups.length) make.mutate()
  }
  return (
    <Group title={t('tokens.new')}>
      <Field
        label={t('tokens.name')}
        help={t('tokens.name_help')}
        problem={problemOf(error, 'name') ?? (missing && !name.trim() ? t('tokens.name_needed') : null)}
      >
        {(ids) => (
          <Input {...ids} autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <fieldset className={css.field}>
        <legend>{t('tokens.scopes')}</legend>
        <div className={css.scopes}>
          {GROUPS.map((group) => (
            <Checkbox
              key={group}
              checked={groups.includes(group)}
              onChange={(event) =>
                setGroups((old) => (event.target.checked ? [...old, group] : old.filter((one) => one !== group)))
              }
            >
              <span className="b5">{t(`scope.${group}`)}</span>
              <span className="t3 s12" style={{ display: 'block' }}>
                {t(`scope.${group}_help`)}
              </span>
            </Checkbox>
          ))}
        </div>
        <span className={css.help}>
          {problemOf(error, 'scopes') ??
            (missing && !groups.length ? t('tokens.scopes_needed') : t('tokens.scopes_help'))}
        </span>
      </fieldset>
      <div className={css.two}>
        <Field label={t('tokens.lifetime')} problem={problemOf(error, 'expires_at')}>
          {(ids) => (
            <Select
              {...ids}
              aria-label={t('tokens.lifetime')}
              value={days}
              options={LIFETIMES.map((value) => ({
                value,
                label: value === 365 ? t('tokens.year') : t('tokens.days', { count: value }),
              }))}
              onChange={setDays}
            />
          )}
        </Field>
        <Field label={t('tokens.project')} problem={problemOf(error, 'project')}>
          {(ids) => (
            <Select<number>
              {...ids}
              aria-label={t('tokens.project')}
              allowClear
              showSearch={{ optionFilterProp: 'label' }}
              placeholder={t('tokens.all_projects')}
              value={project ?? undefined}
              options={projects.data?.results.map((one) => ({ value: one.id, label: one.slug })) ?? []}
              onChange={(value?: number) => setProject(value ?? null)}
            />
          )}
        </Field>
      </div>
      <SaveBar shown busy={make.isPending} error={error} label={t('tokens.make')} onSave={save} onCancel={onClose} />
    </Group>
  )
}
