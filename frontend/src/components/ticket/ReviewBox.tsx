/** The look afterwards at what went without approval beforehand: accept it, or say a concern. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { api, body } from '@/lib/api/client'
import { ApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { Section } from './Section'
import type { Card } from './types'
import css from './ticket.module.css'

export function ReviewBox({ card, isPrimary }: { card: Card; isPrimary: boolean }) {
  const { t } = useTranslation('ticket')
  const client = useQueryClient()
  const [comment, setComment] = useState('')
  const review = useMutation({
    mutationFn: (outcome: 'accepted' | 'concern') =>
      body(
        api.POST('/api/v1/tickets/{ticket_id}/reviews/', {
          params: { path: { ticket_id: card.id } },
          body: { outcome, comment },
        }),
      ),
    onSettled: () =>
      Promise.all(
        [['ticket', card.id], ['inbox'], ['tickets']].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  })
  const needsWords =
    review.error instanceof ApiError && review.error.code === 'review.comment_required' ? review.error : null
  return (
    <Section title={t('review_title')}>
      <div className={css.form}>
        <p className="t2">{t('review_text')}</p>
        <TextArea
          value={comment}
          onChange={(event) => setComment(event.target.value)}
          aria-label={t('review_comment')}
          placeholder={t('review_comment')}
          bad={needsWords !== null && !comment}
          maxLength={10_000}
        />
        {needsWords && (
          <p role="alert" className={css.problem}>
            {sentence(needsWords)}
          </p>
        )}
        {review.error && !needsWords && <RegionError error={review.error} />}
        <div className="row">
          <KeyButton onPress={() => review.mutate('concern')} disabled={review.isPending}>
            {t('review_concern')}
          </KeyButton>
          <KeyButton
            type={isPrimary ? 'primary' : 'default'}
            onPress={() => review.mutate('accepted')}
            disabled={review.isPending}
          >
            {t('review_accepted')}
          </KeyButton>
        </div>
      </div>
    </Section>
  )
}
