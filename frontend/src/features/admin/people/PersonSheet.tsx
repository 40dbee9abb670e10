/** One person: what administrators may change, and a link for a lost password. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Input, Segmented, Select, Switch } from 'antd'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { problemOf } from '@/components/form/Field'
import { nameOf } from '@/components/Person'
import { Loading, RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useEdits } from '../parts/edits'
import { Labelled, SaveBar, type DiffRow } from '../parts/form'
import { SideSheet } from '../parts/SideSheet'
import { LinkOnce } from './LinkOnce'
import { userQuery } from './queries'
import css from '../Admin.module.css'

type User = Schemas['User']
type Editable = Required<
  Pick<User, 'display_name' | 'email' | 'language' | 'time_zone' | 'is_instance_admin' | 'is_active'>
>

const FIELDS = ['display_name', 'email', 'language', 'time_zone'] as const
const ZONES = Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone }))

const editable = (user: User): Editable => ({
  display_name: user.display_name ?? '',
  email: user.email ?? '',
  language: user.language ?? 'en',
  time_zone: user.time_zone ?? '',
  is_instance_admin: user.is_instance_admin ?? false,
  is_active: user.is_active ?? true,
})

function useDiff(before: Editable, changes: Partial<Editable>): DiffRow[] {
  const { t } = useTranslation('admin')
  const said = (name: keyof Editable, value: Editable[keyof Editable]) =>
    typeof value === 'boolean'
      ? t(value ? 'on' : 'off')
      : name === 'language'
        ? t(`language.${value as Editable['language']}`)
        : value || null
  return (Object.keys(changes) as (keyof Editable)[]).map((name) => ({
    label: t(`people.${name}`),
    before: said(name, before[name]),
    after: said(name, changes[name] ?? before[name]),
  }))
}

function PersonForm({ user }: { user: User }) {
  const { t } = useTranslation('admin')
  const client = useQueryClient()
  const initial = editable(user)
  const { values, changes, dirty, set, reset } = useEdits(initial)
  const save = useMutation({
    mutationFn: () =>
      body(api.PATCH('/api/v1/users/{user_id}/', { params: { path: { user_id: user.id } }, body: changes })),
    onSuccess: (changed) => {
      client.setQueryData(userQuery(user.id).queryKey, changed)
      reset()
      return Promise.all(['users', 'people', 'why'].map((noun) => client.invalidateQueries({ queryKey: [noun] })))
    },
  })
  const rows = useDiff(initial, changes)
  const error = save.error ? asApiError(save.error) : null
  return (
    <>
      <div className={css.fields}>
        <dl className={css.facts}>
          <dt>{t('people.username')}</dt>
          <dd className="mono">{user.username}</dd>
          <dt>{t('people.created')}</dt>
          <dd>
            <Age at={user.created_at} />
          </dd>
          <dt>{t('people.last_login')}</dt>
          <dd>{user.last_login ? <Age at={user.last_login} /> : t('people.never')}</dd>
        </dl>
        <Labelled label={t('people.display_name')} optional problem={problemOf(error, 'display_name')}>
          {(control) => (
            <Input
              {...control}
              value={values.display_name}
              maxLength={100}
              onChange={(event) => set('display_name', event.target.value)}
            />
          )}
        </Labelled>
        <Labelled label={t('people.email')} optional problem={problemOf(error, 'email')}>
          {(control) => (
            <Input
              {...control}
              type="email"
              value={values.email}
              onChange={(event) => set('email', event.target.value)}
            />
          )}
        </Labelled>
        <div className={css.pair}>
          <Labelled label={t('people.language')} problem={problemOf(error, 'language')}>
            {({ id }) => (
              <Segmented<'en' | 'zh'>
                aria-label={t('people.language')}
                name={id}
                value={values.language}
                onChange={(language) => set('language', language)}
                options={[
                  { value: 'en', label: t('language.en') },
                  { value: 'zh', label: t('language.zh') },
                ]}
              />
            )}
          </Labelled>
          <Labelled label={t('people.time_zone')} problem={problemOf(error, 'time_zone')}>
            {(control) => (
              <Select
                {...control}
                aria-label={t('people.time_zone')}
                showSearch
                value={values.time_zone}
                options={ZONES}
                onChange={(zone) => set('time_zone', zone)}
                style={{ width: '100%' }}
              />
            )}
          </Labelled>
        </div>
        <Checkbox
          checked={values.is_instance_admin}
          onChange={(event) => set('is_instance_admin', event.target.checked)}
        >
          {t('people.admin_long')}
        </Checkbox>
        <div className={css.switchRow}>
          <Switch
            size="small"
            checked={values.is_active}
            onChange={(on) => set('is_active', on)}
            aria-label={t('people.is_active')}
            style={{ marginTop: 2 }}
          />
          <div className={css.switchText}>
            <span className="b5">{t('people.is_active')}</span>
            <span className="t3 s12">{t('people.active_help')}</span>
          </div>
        </div>
      </div>
      {user.is_active !== false && <PasswordLink user={user} />}
      {dirty && (
        <SaveBar
          rows={rows}
          label={t('save_changes')}
          fields={FIELDS}
          pending={save.isPending}
          error={save.error}
          onSave={() => save.mutate()}
          onReset={() => {
            reset()
            save.reset()
          }}
          note={
            changes.is_active === false
              ? t('people.disable_note', { name: user.display_name || user.username })
              : undefined
          }
        />
      )}
    </>
  )
}

function PasswordLink({ user }: { user: User }) {
  const { t } = useTranslation('admin')
  const link = useMutation({
    mutationFn: () =>
      body(api.POST('/api/v1/users/{user_id}/password-reset', { params: { path: { user_id: user.id } } })),
  })
  return (
    <section className={css.block}>
      <h2 className={css.blockTitle}>{t('reset.title')}</h2>
      <p className="t2 s12">{t('reset.note')}</p>
      {link.error && <RegionError error={link.error} />}
      {link.data ? (
        <LinkOnce made={link.data} name={user.display_name || user.username} />
      ) : (
        <div>
          <Button onClick={() => link.mutate()} loading={link.isPending && { delay: 300 }}>
            {t('reset.make')}
          </Button>
        </div>
      )}
    </section>
  )
}

export function PersonSheet({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useTranslation('admin')
  const user = useQuery(userQuery(id))
  const title = user.data
    ? nameOf({ username: user.data.username, display_name: user.data.display_name ?? '' })
    : t('nav.people')
  return (
    <SideSheet title={title} onClose={onClose}>
      {user.data ? (
        <PersonForm key={user.data.id} user={user.data} />
      ) : user.isError ? (
        <div className={css.fields}>
          <RegionError error={user.error} retry={() => void user.refetch()} />
        </div>
      ) : (
        <div className={css.fields}>
          <Loading />
        </div>
      )}
    </SideSheet>
  )
}
