/** Name and time zone, and the password. Two forms: each has its own Save, never both at once. */
import { useMutation } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { notify } from '@/components/notify'
import { api } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useMe } from '@/lib/me'
import { useChangeAccount } from './account'
import { Field, Group, SaveBar } from './parts'
import css from './settings.module.css'

const ZONES = Intl.supportedValuesOf('timeZone')

export function ProfileTab() {
  const [asksPassword, setAsksPassword] = useState(false)
  return (
    <>
      <Identity quiet={asksPassword} />
      <Password open={asksPassword} onOpen={setAsksPassword} />
    </>
  )
}

function Identity({ quiet }: { quiet: boolean }) {
  const { t } = useTranslation('settings')
  const me = useMe()
  const kept = { display_name: me.display_name ?? '', time_zone: me.time_zone ?? 'UTC' }
  const [edited, setEdited] = useState<Partial<typeof kept>>({})
  const value = { ...kept, ...edited }
  const account = useChangeAccount(() => setEdited({}))
  const isChanged = value.display_name !== kept.display_name || value.time_zone !== kept.time_zone
  const zones = ZONES.includes(value.time_zone) ? ZONES : [value.time_zone, ...ZONES]
  return (
    <Group>
      <dl className={css.facts}>
        <dt>{t('profile.username')}</dt>
        <dd className="mono">{me.username}</dd>
        {me.email && (
          <>
            <dt>{t('profile.email')}</dt>
            <dd>{me.email}</dd>
          </>
        )}
      </dl>
      <Field label={t('profile.name')} help={t('profile.name_help')} problem={problemOf(account.error, 'display_name')}>
        {(ids) => (
          <Input
            {...ids}
            autoComplete="name"
            maxLength={150}
            value={value.display_name}
            onChange={(event) => setEdited((old) => ({ ...old, display_name: event.target.value }))}
          />
        )}
      </Field>
      <Field label={t('profile.zone')} help={t('profile.zone_help')} problem={problemOf(account.error, 'time_zone')}>
        {(ids) => (
          <Select
            {...ids}
            aria-label={t('profile.zone')}
            showSearch
            value={value.time_zone}
            options={zones.map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }))}
            onChange={(zone: string) => setEdited((old) => ({ ...old, time_zone: zone }))}
          />
        )}
      </Field>
      <SaveBar
        shown={isChanged && !quiet}
        busy={account.isPending}
        error={account.error}
        onSave={() => account.change(edited)}
        onCancel={() => setEdited({})}
      />
    </Group>
  )
}

function Password({ open, onOpen }: { open: boolean; onOpen: (open: boolean) => void }) {
  const { t } = useTranslation('settings')
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const close = () => {
    setOld('')
    setFresh('')
    onOpen(false)
  }
  const change = useMutation({
    mutationFn: () => api.POST('/api/v1/me/password', { body: { old_password: old, new_password: fresh } }),
    onSuccess: () => {
      close()
      notify(t('password.changed'))
    },
  })
  const error = change.error ? asApiError(change.error) : null
  return (
    <Group title={t('password.title')} note={t('password.note')}>
      {!open && (
        <Button className={css.start} onClick={() => onOpen(true)}>
          {t('password.change')}
        </Button>
      )}
      {open && (
        <>
          <Field label={t('password.old')} problem={problemOf(error, 'old_password')}>
            {(ids) => (
              <Input.Password
                {...ids}
                autoFocus
                autoComplete="current-password"
                value={old}
                onChange={(event) => setOld(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('password.new')} problem={problemOf(error, 'new_password')}>
            {(ids) => (
              <Input.Password
                {...ids}
                autoComplete="new-password"
                value={fresh}
                onChange={(event) => setFresh(event.target.value)}
              />
            )}
          </Field>
        </>
      )}
      <SaveBar
        shown={open}
        busy={change.isPending}
        error={error}
        label={t('password.save')}
        onSave={() => change.mutate()}
        onCancel={close}
      />
    </Group>
  )
}
