/** Beside a replay: whether it holds, what it was about, and search in what was printed; a hit jumps to its second. */
import { useQuery } from '@tanstack/react-query'
import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { useDeferredValue, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { TextBox } from '@/components/TextBox'
import { RegionError } from '@/components/states'
import { getIntegrity, type SessionDetail } from '@/lib/api/terminals'
import { useSlugWord } from '@/lib/environment'
import { useKey } from '@/lib/keys'
import { sentence } from '@/lib/i18n'
import { clockOf } from '@/lib/terminal/countdown'
import type { Player } from '@/lib/terminal/player'
import { Part, WhatHappened } from './Rail'
import type { Recording } from './useRecording'
import css from './terminals.module.css'

const SHOWN = 100

export function ReplayRail({
  session,
  recording,
  player,
}: {
  session: SessionDetail
  recording: Recording
  player: Player | null
}) {
  const { t } = useTranslation('terminals')
  const word = useSlugWord()
  return (
    <aside className={css.rail} aria-label={t('rail')}>
      <Part title={t('search')}>
        <Search recording={recording} player={player} />
      </Part>
      <Part title={t('integrity')}>
        <Integrity session={session} unread={recording.cast.unread} />
      </Part>
      <Part title={t('session')}>
        <p>{session.reason}</p>
        <p className="t2">
          {session.workload} · {word(session.environment)} · <span className="mono">{session.cluster}</span>
        </p>
        <p className="t2">
          <Age at={session.created_at} />
        </p>
        {session.end && <p className="t2">{sentence(session.end)}</p>}
      </Part>
      <Part title={t('happened')}>
        <WhatHappened session={session} />
      </Part>
    </aside>
  )
}

function Search({ recording, player }: { recording: Recording; player: Player | null }) {
  const { t } = useTranslation('terminals')
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text)
  const { cast, count } = recording
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the recording grows in place
  const hits = useMemo(() => cast.find(wanted), [cast, count, wanted])
  useKey('/', () => document.getElementById('replay-search')?.focus())
  return (
    <div className={css.search}>
      <TextBox
        id="replay-search"
        value={text}
        aria-label={t('search')}
        placeholder={t('search.what')}
        onChange={(event) => setText(event.target.value)}
      />
      <p className="t3 s12" role="status">
        {wanted && t('search.hits', { count: hits.length })}
      </p>
      <ul>
        {hits.slice(0, SHOWN).map((hit, index) => (
          <li key={index}>
            <button
              type="button"
              className={css.hit}
              onClick={() => {
                player?.pause()
                player?.seek(hit.t)
              }}
            >
              <span className="tnum t3">{clockOf(hit.t)}</span> <span className="mono clip">{hit.excerpt}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Whether the chain of the recording holds, as the portal checks it now. */
function Integrity({ session, unread }: { session: SessionDetail; unread: number }) {
  const { t } = useTranslation('terminals')
  const found = useQuery({
    queryKey: ['terminal', session.id, 'integrity'],
    queryFn: ({ signal }) => getIntegrity(session.id, signal),
    staleTime: 60_000,
    retry: false,
  })
  if (found.isError) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <p className="t3">{t('integrity.asking')}</p>
  const { intact, checked, position, code } = found.data
  return (
    <p className={intact ? css.intact : css.broken} role="status">
      {intact ? <ShieldCheck size={15} aria-hidden /> : <ShieldAlert size={15} aria-hidden />}
      <span>
        {intact
          ? t('integrity.whole', { count: checked })
          : t('integrity.broken', { position: position ?? 0, why: sentence({ code, params: { position } }) })}
        {unread > 0 && <> {t('integrity.unread', { count: unread })}</>}
      </span>
    </p>
  )
}
