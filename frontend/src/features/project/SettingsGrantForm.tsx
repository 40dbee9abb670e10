/** Giving somebody a role in one environment, until a day or until it is taken back. */
import type { UseMutationResult } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import type { Schemas } from '@/lib/api/client'
import type { ApiError } from '@/lib/api/errors'
import css from './Settings.module.css'

type Role = Schemas['RoleEnum']
const ROLES: Role[] = ['developer', 'tester', 'ops']
const SHOWN = ['user', 'environment', 'role', 'expires_at'] as const

type Props = {
  slug: string
  environments: Schemas['ProjectEnvironment'][]
  give: UseMutationResult<Schemas['Grant'], ApiError, Schemas['NewGrantRequest']>
}

/** The end of a day in the reader's own zone. */
const endOf = (day: string) => (day ? new Date(`${day}T23:59:59`).toISOString() : null)

export function SettingsGrantForm({ slug, environments, give }: Props) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  const [user, setUser] = useState('')
  const [environment, setEnvironment] = useState<string>()
  const [role, setRole] = useState<Role>('developer')
  const [until, setUntil] = useState('')
  const place = environment ?? environments[0]?.environment ?? ''
  const problem = (field: (typeof SHOWN)[number]) => problemOf(give.error, field)
  const rest = restOf(give.error, SHOWN)
  const send = () =>
    give.mutate(
      { user, project: slug, environment: place, role, expires_at: endOf(until) },
      { onSuccess: () => setUser('') },
    )
  return (
    <form
      className={css.inline}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      aria-label={t('set.give')}
    >
      <Field id="grant-user" label={t('set.person')} problem={problem('user')}>
        <PeopleSelect id="grant-user" label={t('set.person')} value={user} onChange={setUser} />
      </Field>
      <Field id="grant-environment" label={t('set.environment')} problem={problem('environment')}>
        <Select
          {...describedBy('grant-environment')}
          aria-label={t('set.environment')}
          value={place || undefined}
          onChange={setEnvironment}
          options={environments.map((one) => ({ value: one.environment, label: one.name }))}
        />
      </Field>
      <Field id="grant-role" label={t('set.role')} problem={problem('role')}>
        <Select
          {...describedBy('grant-role')}
          aria-label={t('set.role')}
          value={role}
          onChange={setRole}
          options={ROLES.map((one) => ({ value: one, label: common(`role.${one}`) }))}
        />
      </Field>
      <Field id="grant-until" label={t('set.end')} optional problem={problem('expires_at')}>
        <Input
          {...describedBy('grant-until')}
          type="date"
          value={until}
          onChange={(event) => setUntil(event.target.value)}
        />
      </Field>
      <Button htmlType="submit" loading={give.isPending} className={css.inlineButton}>
        {t('set.give')}
      </Button>
      {rest && (
        <p className={css.problem} role="alert">
          {rest}
        </p>
      )}
    </form>
  )
}
