/** What takes the place of the screen when a session has ended: why, how long it was, and what helps now. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Took } from '@/components/Age'
import { RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { recyclePod, type SessionDetail } from '@/lib/api/terminals'
import { sentence } from '@/lib/i18n'
import type { SessionEnd } from '@/lib/terminal/messages'
import css from './terminals.module.css'

const REASON_LEAST = 10

export function EndCard({ session, said }: { session: SessionDetail; said: SessionEnd | null }) {
  const { t } = useTranslation('terminals')
  const why = session.end ?? said
  const from = session.first_used_at ?? session.opened_at
  const recycle = session.may.recycle
  return (
    <section className={css.endCard} aria-labelledby="ended" data-ended={why?.code}>
      <h2 id="ended">{t('ended')}</h2>
      <p role="status">{why ? sentence(why) : t('ended.unknown')}</p>
      <dl className={css.facts}>
        {from && (
          <div>
            <dt>{t('ended.took')}</dt>
            <dd>
              <Took from={from} to={session.ended_at ?? from} />
            </dd>
          </div>
        )}
        {session.cleanup.reason && (
          <div>
            <dt>{t('ended.cleanup')}</dt>
            <dd>{sentence(session.cleanup.reason)}</dd>
          </div>
        )}
      </dl>
      {recycle.allowed && <Recycle session={session} />}
      {session.recycle_ticket_id !== null && (
        <p>
          {t('recycle.asked')}{' '}
          <Link to="/tickets/$id" params={{ id: String(session.recycle_ticket_id) }} className="link tnum">
            #{session.recycle_ticket_id}
          </Link>
        </p>
      )}
      <div className={css.then}>
        <Again session={session} />
        {session.may.replay.allowed && session.recording.bytes > 0 && !session.recording.deleted_at && (
          <Link to="/terminals/$id/replay" params={{ id: String(session.id) }} className="link">
            {t('replay')}
          </Link>
        )}
        {session.ticket_id !== null && (
          <Link to="/tickets/$id" params={{ id: String(session.ticket_id) }} className="link tnum">
            {t('ticket')} #{session.ticket_id}
          </Link>
        )}
      </div>
    </section>
  )
}

/** In the pod's successor, where there is one; else in the workload. */
function Again({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const { project, environment: env, workload_id: workload, successor } = session
  return (
    <Link to="/terminals/new" search={{ project, env, workload, pod: successor?.name }} className="link">
      {t(successor ? 'open_successor' : 'open_again')}
    </Link>
  )
}

/** The first thing to do: what was touched by hand shall not stay. One click; its reason is there to be changed. */
function Recycle({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const client = useQueryClient()
  const navigate = useNavigate()
  const [reason, setReason] = useState(() => t('recycle.reason', { reason: session.reason }).slice(0, 500))
  const [asked, setAsked] = useState(false)
  const file = useMutation({
    mutationFn: () => recyclePod(session.id, reason.trim()),
    onSuccess: async (ticket) => {
      await client.invalidateQueries({ queryKey: ['terminal', session.id] })
      await navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } })
    },
  })
  const short = asked && reason.trim().length < REASON_LEAST
  return (
    <form
      className={css.recycle}
      onSubmit={(event) => {
        event.preventDefault()
        setAsked(true)
        if (reason.trim().length >= REASON_LEAST) file.mutate()
      }}
    >
      <p className="t2">{t('recycle.means')}</p>
      <TextArea
        value={reason}
        maxLength={500}
        aria-label={t('reason')}
        bad={short}
        onChange={(event) => setReason(event.target.value)}
      />
      {short && (
        <p role="alert" className={css.problem}>
          {t('reason.short')}
        </p>
      )}
      {file.error && <RegionError error={file.error} />}
      <Button type="primary" htmlType="submit" loading={file.isPending && { delay: 300 }}>
        {t('recycle')}
      </Button>
    </form>
  )
}
