/** A new person: the portal makes the account and a link by which he sets his own password. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Input, Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import { problemOf, restOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useEdits } from '../parts/edits'
import { Labelled } from '../parts/form'
import { SideSheet } from '../parts/SideSheet'
import { LinkOnce } from './LinkOnce'
import css from '../Admin.module.css'
import form from '../parts/form.module.css'

const EMPTY: Required<Schemas['NewInvitationRequest']> = {
  username: '',
  display_name: '',
  email: '',
  language: 'en',
  is_instance_admin: false,
}
const FIELDS = ['username', 'display_name', 'email', 'language'] as const

export function InviteSheet({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('admin')
  const client = useQueryClient()
  const { values, dirty, set, reset } = useEdits(EMPTY)
  const invite = useMutation({
    mutationFn: () => body(api.POST('/api/v1/invitations/', { body: values })),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['invitations'] }),
        client.invalidateQueries({ queryKey: ['users'] }),
      ]),
  })
  const error = invite.error ? asApiError(invite.error) : null
  if (invite.data) {
    return (
      <SideSheet
        title={t('invite.made', { name: invite.data.user.display_name || invite.data.user.username })}
        onClose={onClose}
      >
        <div className={css.fields}>
          <LinkOnce made={invite.data} name={invite.data.user.display_name || invite.data.user.username} />
          <div className="row">
            <Button
              onClick={() => {
                invite.reset()
                reset()
              }}
            >
              {t('invite.another')}
            </Button>
            <Button onClick={onClose}>{t('done')}</Button>
          </div>
        </div>
      </SideSheet>
    )
  }
  const refusal = restOf(error, FIELDS)
  return (
    <SideSheet title={t('invite.title')} onClose={onClose}>
      <div className={css.fields}>
        <Labelled label={t('people.username')} help={t('people.username_help')} problem={problemOf(error, 'username')}>
          {(control) => (
            <Input
              {...control}
              autoFocus
              autoComplete="off"
              className="mono"
              value={values.username}
              maxLength={150}
              onChange={(event) => set('username', event.target.value)}
            />
          )}
        </Labelled>
        <Labelled label={t('people.display_name')} optional problem={problemOf(error, 'display_name')}>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              value={values.display_name}
              maxLength={100}
              onChange={(event) => set('display_name', event.target.value)}
            />
          )}
        </Labelled>
        <Labelled label={t('people.email')} optional help={t('invite.email_help')} problem={problemOf(error, 'email')}>
          {(control) => (
            <Input
              {...control}
              type="email"
              autoComplete="off"
              value={values.email}
              onChange={(event) => set('email', event.target.value)}
            />
          )}
        </Labelled>
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
        <Checkbox
          checked={values.is_instance_admin}
          onChange={(event) => set('is_instance_admin', event.target.checked)}
        >
          {t('people.admin_long')}
        </Checkbox>
      </div>
      {dirty && (
        <div className={form.bar}>
          {refusal && (
            <p className={form.refusal} role="alert">
              {refusal}
            </p>
          )}
          <div className={form.buttons}>
            <KeyButton
              type="primary"
              shortcut="ctrl+enter"
              onPress={() => invite.mutate()}
              loading={invite.isPending && { delay: 300 }}
            >
              {t('invite.send')}
            </KeyButton>
          </div>
        </div>
      )}
    </SideSheet>
  )
}
