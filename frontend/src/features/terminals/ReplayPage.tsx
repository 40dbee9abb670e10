/** A recorded session, played: the same screen read only, a track in time, search that jumps, a link to a moment. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Screen } from '@/components/terminal/screen'
import { TerminalScreen, type TerminalHandle } from '@/components/terminal/TerminalScreen'
import { PageTitle } from '@/components/Page'
import { nameOf } from '@/components/Person'
import { Denied, Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import { asApiError } from '@/lib/api/errors'
import { sessionQuery } from '@/lib/api/queries/terminals'
import type { SessionDetail } from '@/lib/api/terminals'
import { useMe } from '@/lib/me'
import { whole } from '@/lib/search'
import { Player } from '@/lib/terminal/player'
import { Controls } from './Controls'
import { Footer } from './Footer'
import { ReplayRail } from './ReplayRail'
import { useLook } from './useLook'
import { useRecording } from './useRecording'
import css from './terminals.module.css'

const route = getRouteApi('/inside/terminals/$id/replay')

export default function ReplayPage() {
  const { t } = useTranslation('terminals')
  const { id: text } = route.useParams()
  const id = whole(text) ?? null
  const found = useQuery(sessionQuery(id))
  const session = found.data
  const missing = id === null || (found.isError && asApiError(found.error).isMissing)
  const title = session ? t('replay.of', { name: nameOf(session.user), project: session.project }) : t('replay')
  return (
    <>
      <TopBar
        left={<PageTitle title={title} className={css.pageTitle} />}
        right={session && <Back session={session} />}
      />
      {missing && <Empty>{t('missing')}</Empty>}
      {!missing && !session && (
        <div className={css.pad}>
          {found.isError ? (
            <RegionError error={found.error} retry={() => void found.refetch()} />
          ) : (
            <Loading>
              <SkeletonRows rows={1} height={420} />
            </Loading>
          )}
        </div>
      )}
      {session && !session.may.replay.allowed && (
        <div className={css.pad}>
          <Denied reason={session.may.replay} />
        </div>
      )}
      {session?.may.replay.allowed && session.recording.deleted_at && <Empty>{t('replay.deleted')}</Empty>}
      {session?.may.replay.allowed && !session.recording.deleted_at && <Replay key={session.id} session={session} />}
    </>
  )
}

function Back({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  return (
    <Link to="/terminals/$id" params={{ id: String(session.id) }} className="link">
      {t('session')}
    </Link>
  )
}

function Replay({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const { t: start } = route.useSearch()
  const me = useMe()
  const look = useLook(me.id)
  const stage = useRef<HTMLDivElement>(null)
  const handle = useRef<TerminalHandle>(null)
  const controls = useRef<HTMLDivElement>(null)
  const recording = useRecording(session.id, session.state !== 'ended')
  const { cast, count, caughtUp } = recording
  const [player, setPlayer] = useState<Player | null>(null)
  const [from] = useState(start ?? 0)
  const began = useRef(false)
  const onReady = (screen: Screen) => {
    setPlayer(
      new Player(cast, {
        reset: (cols, rows) => screen.reset(cols, rows),
        resize: (cols, rows) => screen.resize(cols, rows),
        write: (text) => screen.write(text),
      }),
    )
  }
  useEffect(() => {
    player?.grow()
    // The moment that was asked for, as soon as it has been read.
    if (!player || began.current || !count || (cast.duration < from && !caughtUp)) return
    began.current = true
    player.seek(from)
    if (from === 0) player.play()
  }, [player, cast, count, caughtUp, from])
  useEffect(() => () => player?.stop(), [player])
  return (
    <div className={css.session}>
      <div className={css.body}>
        <div ref={stage} className={css.stage}>
          {recording.error && <RegionError error={recording.error} />}
          {recording.cutOff && <p className={css.note}>{t('replay.cut_off')}</p>}
          <div className={css.screen}>
            <TerminalScreen
              ref={handle}
              label={t('replay')}
              hint={t('replay.hint')}
              fontSize={look.fontSize}
              reader={look.reader}
              readOnly
              fits={false}
              onReady={onReady}
              onLeave={() => controls.current?.focus()}
            />
          </div>
          {player && <Controls ref={controls} player={player} recording={recording} />}
          <Footer size={cast.sizeAt(0)} look={look} stage={stage} screen={handle} isPlayed />
        </div>
        <ReplayRail session={session} recording={recording} player={player} />
      </div>
    </div>
  )
}
