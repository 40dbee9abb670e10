/** The card of a shell that is asked for, and of a pod to be recycled: five questions, then the sessions it let in. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { RegionError } from '@/components/states'
import { ticketQuery } from '@/lib/api/queries'
import { sessionsQuery } from '@/lib/api/queries/terminals'
import { useMe } from '@/lib/me'
import { sentence } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'
import { AnswerStrip } from '../AnswerStrip'
import { Approvals } from '../Approvals'
import { CardHead } from '../CardHead'
import { gateChecks } from '../checks'
import { Gates } from '../Gates'
import { Section } from '../Section'
import { StateNotes } from '../StateNotes'
import { useEnvironmentWord } from '../say'
import type { Card } from '../types'
import { shellAnswers, textOf, type Words } from './answers'
import css from '../ticket.module.css'

type Props = { card: Card; menu?: ReactNode; isPage?: boolean; lead?: ReactNode; aside?: ReactNode }

export default function ShellCard({ card, menu, isPage, lead, aside }: Props) {
  const { t } = useTranslation('terminals')
  const phone = useIsPhone()
  const word = useEnvironmentWord()
  const read = useQuery(ticketQuery(card.id))
  const say = (words: Words) => ('text' in words ? words.text : t(words.key as 'q.always', { ...words.params }))
  const told = shellAnswers(card, word(card.environment)).map(({ name, tone, value, detail }) => ({
    name,
    tone,
    question: t(`q.${name}`),
    value: say(value),
    detail: say(detail),
  }))
  return (
    <article className={css.card} data-ticket={card.id}>
      <CardHead card={card} updatedAt={read.dataUpdatedAt} failed={read.isError} menu={menu} isPage={isPage} />
      <StateNotes card={card} />
      {lead}
      <AnswerStrip answers={told} asRows={phone} />
      <div className={`${css.columns} ${aside ? css.withAside : ''}`}>
        <div className={css.left}>
          <Section title={t('reason')}>
            <p>{textOf(card.form.reason)}</p>
          </Section>
          {card.kind === 'emergency_shell' && <Sessions card={card} />}
        </div>
        <div className={css.right}>
          {aside}
          <Gates checks={gateChecks({ card })} />
          <Approvals card={card} />
        </div>
      </div>
    </article>
  )
}

/** What the ticket let in; for its requester, while it lets in, the way to open it. */
function Sessions({ card }: { card: Card }) {
  const { t } = useTranslation('terminals')
  const me = useMe()
  const found = useInfiniteQuery(sessionsQuery({ project: card.project.slug, ticket: card.id }, 20))
  const rows = found.data?.pages.flatMap((page) => page.results) ?? []
  const mayOpen = card.status === 'running' && card.requester.username === me.username
  const search = {
    project: card.project.slug,
    env: card.environment?.slug,
    workload: Number(card.form.workload) || undefined,
    ticket: card.id,
  }
  return (
    <Section title={t('sessions')}>
      {found.isError && <RegionError error={found.error} retry={() => void found.refetch()} />}
      {found.data && !rows.length && <p className="t2">{t('sessions.none')}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.id} className="row">
            <Link to="/terminals/$id" params={{ id: String(row.id) }} className="link">
              {t(`state.${row.state}`)}
            </Link>
            <span className="t2 clip">
              <Age at={row.created_at} /> {row.end && sentence(row.end)}
            </span>
          </li>
        ))}
      </ul>
      {mayOpen && (
        <p>
          <Link to="/terminals/new" search={search} className="link">
            {t('open_with')}
          </Link>
        </p>
      )}
    </Section>
  )
}
