/** A word on the ticket. What was said stands in the timeline; here one writes. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { TextArea } from '@/components/TextBox'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { Denied, RegionError } from '@/components/states'
import { Section } from '@/components/ticket/Section'
import type { Card } from '@/components/ticket/types'
import { api, body } from '@/lib/api/client'
import { useDraft } from '@/lib/drafts'
import { useMe } from '@/lib/me'
import css from './tickets.module.css'

export function Comments({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const me = useMe()
  const client = useQueryClient()
  const draft = useDraft(me.id, `comment.${card.id}`, '')
  const send = useMutation({
    mutationFn: () =>
      body(
        api.POST('/api/v1/tickets/{ticket_id}/comments/', {
          params: { path: { ticket_id: card.id } },
          body: { text: draft.value },
        }),
      ),
    onSuccess: () => {
      draft.change('')
      draft.clear()
      return client.invalidateQueries({ queryKey: ['ticket', card.id, 'comments'] })
    },
  })
  const press = () => {
    if (draft.value.trim() && !send.isPending) send.mutate()
  }
  return (
    <Section title={t('comment')}>
      {card.rights.comment.allowed ? (
        <div className={css.comment}>
          <TextArea
            value={draft.value}
            onChange={(event) => draft.change(event.target.value)}
            aria-label={t('comment_write')}
            placeholder={t('comment_write')}
            least={2}
            most={10}
            maxLength={10_000}
          />
          {send.error && <RegionError error={send.error} />}
          <div>
            <KeyButton
              shortcut={draft.value.trim() ? 'ctrl+enter' : undefined}
              onPress={press}
              loading={send.isPending}
            >
              {t('comment_send')}
            </KeyButton>
          </div>
        </div>
      ) : (
        <Denied reason={card.rights.comment} />
      )}
    </Section>
  )
}
