/** The next version of a template, from the newest one: what is built or configured after saving uses it. Drafts of long texts are kept. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { TextArea } from '@/components/TextBox'
import { useTranslation } from 'react-i18next'
import { problemOf, restOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useDraft } from '@/lib/drafts'
import { useMe } from '@/lib/me'
import { Labelled } from '../parts/form'
import { LineDiff } from './LineDiff'
import { Preview } from './Preview'
import css from './languages.module.css'

type Template = Schemas['Template']
type Kind = Template['kind']
const FIELD = { dockerfile: 'body', jenkins_job: 'jenkins_template', logging_sidecar: 'body' } as const

type Props = {
  language: string
  kind: Kind
  newest: Template | undefined
  onSaved: (version: number) => void
  onLeave: () => void
}

export function NewVersion({ language, kind, newest, onSaved, onLeave }: Props) {
  const { t } = useTranslation(['admin', 'common'])
  const client = useQueryClient()
  const me = useMe()
  const field = FIELD[kind]
  const before = newest?.[field] ?? ''
  const draft = useDraft(me.id, `template.${language}.${kind}`, before)
  const text = draft.value
  const number = (newest?.version ?? 0) + 1
  const save = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api/v1/languages/{slug}/templates/', {
          params: { path: { slug: language } },
          body: { kind, body: '', jenkins_template: '', [field]: text },
        }),
      ),
    onSuccess: async (made) => {
      draft.clear()
      await Promise.all(['languages', 'first-hour'].map((noun) => client.invalidateQueries({ queryKey: [noun] })))
      onSaved(made.version)
    },
  })
  const error = save.error ? asApiError(save.error) : null
  const refusal = restOf(error, [field])
  const dirty = text !== before
  const discard = () => {
    draft.change(before)
    draft.clear()
    onLeave()
  }
  return (
    <div>
      {draft.restored && dirty && (
        <p className="t3 s12">
          {t('common:draft.restored')}{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              draft.change(before)
              draft.clear()
            }}
          >
            {t('common:draft.discard')}
          </button>
        </p>
      )}
      <Labelled
        label={t(`language_page.field.${kind}`)}
        help={t(`language_page.help.${kind}`)}
        problem={problemOf(error, field)}
      >
        {(control) =>
          kind === 'dockerfile' ? (
            <TextArea
              {...control}
              className="mono"
              autoFocus
              spellCheck={false}
              value={text}
              least={12}
              most={28}
              onChange={(event) => draft.change(event.target.value)}
            />
          ) : (
            <Input
              {...control}
              className="mono"
              autoFocus
              value={text}
              maxLength={kind === 'jenkins_job' ? 200 : 400}
              style={{ maxWidth: kind === 'jenkins_job' ? 420 : 640 }}
              onChange={(event) => draft.change(event.target.value)}
            />
          )
        }
      </Labelled>
      <Preview language={language} kind={kind} text={text} />
      <div className={css.bar}>
        {dirty && <LineDiff before={before} after={text} />}
        {refusal && (
          <p className={css.refusal} role="alert">
            {refusal}
          </p>
        )}
        <div className={css.buttons}>
          {dirty && (
            <KeyButton
              type="primary"
              shortcut="ctrl+enter"
              onPress={() => save.mutate()}
              loading={save.isPending && { delay: 300 }}
            >
              {t('language_page.save', { version: number })}
            </KeyButton>
          )}
          <Button onClick={discard}>{t(dirty ? 'discard' : 'common:cancel')}</Button>
          <span className="t3 s12">
            {t(kind === 'logging_sidecar' ? 'language_page.effect_sidecar' : 'language_page.effect')}
          </span>
        </div>
      </div>
    </div>
  )
}
