/** Gives one role on one pair of project and environment, with an end or without. What will be is said before it is done. */
import { Input, Segmented, Select } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field, problemOf, restOf } from '@/components/form/Field'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { KeyButton } from '@/components/Key'
import type { Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useGive } from '@/lib/api/queries'
import { useMe } from '@/lib/me'
import { dateOnly } from '@/lib/time'
import { Labelled } from '../parts/form'
import { SideSheet } from '../parts/SideSheet'
import { dayAhead, endOfDay, ROLES, type Role } from './model'
import css from '../Admin.module.css'
import form from '../parts/form.module.css'

type Props = {
  project: Schemas['Project']
  environments: { value: string; label: string }[]
  who?: string
  environment?: string
  onClose: () => void
}
type End = 'none' | '30' | '90' | 'date'
const ENDS: End[] = ['none', '30', '90', 'date']
const FIELDS = ['user', 'environment', 'role', 'expires_at'] as const

export function GiveSheet({ project, environments, who = '', environment, onClose }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const zone = useMe().time_zone ?? 'UTC'
  const person = useId()
  const [user, setUser] = useState(who)
  const [place, setPlace] = useState(environment)
  const [role, setRole] = useState<Role>('developer')
  const [end, setEnd] = useState<End>('none')
  const [day, setDay] = useState(() => dayAhead(30, zone))
  const give = useGive()
  const lastDay = end === 'none' ? null : end === 'date' ? day : dayAhead(Number(end), zone)
  const expires = lastDay ? endOfDay(lastDay, zone) : null
  const error = give.error ? asApiError(give.error) : null
  const refusal = restOf(error, FIELDS)
  const ready = user && place && (end !== 'date' || day)
  const send = () => {
    if (user && place)
      give.mutate(
        { user, project: project.slug, environment: place, role, expires_at: expires },
        { onSuccess: onClose },
      )
  }
  return (
    <SideSheet title={t('grant.give_in', { project: project.slug })} onClose={onClose}>
      <div className={css.fields}>
        <Field id={person} label={t('grant.person')} problem={problemOf(error, 'user')}>
          <PeopleSelect
            id={person}
            label={t('grant.person')}
            value={user}
            onChange={setUser}
            problem={Boolean(problemOf(error, 'user'))}
          />
        </Field>
        <Labelled label={t('grant.environment')} problem={problemOf(error, 'environment')}>
          {(control) => (
            <Select
              {...control}
              aria-label={t('grant.environment')}
              value={place}
              options={environments}
              onChange={setPlace}
              style={{ width: '100%' }}
            />
          )}
        </Labelled>
        <Labelled label={t('grant.role')} help={t(`grant.means.${role}`)} problem={problemOf(error, 'role')}>
          {({ id }) => (
            <Segmented<Role>
              aria-label={t('grant.role')}
              name={id}
              value={role}
              onChange={setRole}
              options={ROLES.map((one) => ({ value: one, label: t(`common:role.${one}`) }))}
            />
          )}
        </Labelled>
        <Labelled
          label={t('grant.end_field')}
          problem={problemOf(error, 'expires_at')}
          help={expires && lastDay ? t('grant.end_help', { date: dateOnly(expires, zone), zone }) : undefined}
        >
          {({ id }) => (
            <div className={css.chips}>
              <Segmented<End>
                aria-label={t('grant.end_field')}
                name={id}
                value={end}
                onChange={setEnd}
                options={ENDS.map((one) => ({ value: one, label: t(`grant.ends.${one}`) }))}
              />
              {end === 'date' && (
                <Input
                  type="date"
                  aria-label={t('grant.end_field')}
                  value={day}
                  min={dayAhead(0, zone)}
                  onChange={(event) => setDay(event.target.value)}
                  style={{ width: 160 }}
                />
              )}
            </div>
          )}
        </Labelled>
      </div>
      {ready && (
        <div className={form.bar}>
          <p className={form.note}>
            {t(expires ? 'grant.will_until' : 'grant.will', {
              user,
              role: t(`common:role.${role}`),
              project: project.slug,
              environment: place ?? '',
              date: expires ? dateOnly(expires, zone) : '',
            })}
          </p>
          {refusal && (
            <p className={form.refusal} role="alert">
              {refusal}
            </p>
          )}
          <div className={form.buttons}>
            <KeyButton type="primary" shortcut="ctrl+enter" onPress={send} loading={give.isPending && { delay: 300 }}>
              {t('grant.give')}
            </KeyButton>
          </div>
        </div>
      )}
    </SideSheet>
  )
}
