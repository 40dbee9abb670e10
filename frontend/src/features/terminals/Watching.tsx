/** Another person's shell, watched along: the recording at its head, read only. Who may, ends it with a sentence. */
import { useRef, useState } from 'react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import type { Screen } from '@/components/terminal/screen'
import { TerminalScreen, type TerminalHandle } from '@/components/terminal/TerminalScreen'
import { nameOf } from '@/components/Person'
import { RegionError } from '@/components/states'
import { watchSession, type SessionDetail } from '@/lib/api/terminals'
import { useMe } from '@/lib/me'
import { Footer } from './Footer'
import { Rail } from './Rail'
import { SessionBar } from './SessionBar'
import { Top } from './Top'
import { useLook } from './useLook'
import { useRecording } from './useRecording'
import css from './terminals.module.css'

const SAY_EVERY = 10_000

/** Said at once and every ten seconds: the one who types sees who watches. */
function useWatch(id: number): void {
  useEffect(() => {
    const say = () => void watchSession(id).catch((error: unknown) => console.debug('watching was not told', error))
    say()
    const timer = setInterval(say, SAY_EVERY)
    return () => clearInterval(timer)
  }, [id])
}

export function Watching({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const me = useMe()
  const look = useLook(me.id)
  const stage = useRef<HTMLDivElement>(null)
  const handle = useRef<TerminalHandle>(null)
  const bar = useRef<HTMLDivElement>(null)
  const [screen, setScreen] = useState<Screen | null>(null)
  const shown = useRef({ screen: null as Screen | null, outputs: 0, size: '' })
  const recording = useRecording(session.id, true)
  const { cast, count } = recording
  useWatch(session.id)
  useEffect(() => {
    if (!screen) return
    const at = shown.current
    if (at.screen !== screen) Object.assign(at, { screen, outputs: 0, size: '' })
    for (; at.outputs < count; at.outputs += 1) {
      const output = cast.outputs[at.outputs]
      if (!output) break
      const { cols, rows } = cast.sizeAt(output.t)
      if (at.size !== `${cols}x${rows}`) screen.resize(cols, rows)
      at.size = `${cols}x${rows}`
      screen.write(output.data)
    }
  }, [screen, cast, count])
  const size = cast.sizeAt(cast.duration)
  return (
    <div className={css.session}>
      <Top session={session} isOver={false} />
      <SessionBar ref={bar} session={session} state={null} watching />
      <div className={css.body}>
        <div ref={stage} className={css.stage}>
          <div className={css.screen}>
            {recording.error && <RegionError error={recording.error} />}
            <TerminalScreen
              ref={handle}
              label={t('watch.label', { name: nameOf(session.user) })}
              hint={t('watch.hint')}
              fontSize={look.fontSize}
              reader={look.reader}
              readOnly
              fits={false}
              onReady={setScreen}
              onLeave={() => bar.current?.focus()}
            />
          </div>
          <Footer size={size} look={look} stage={stage} screen={handle} isPlayed />
        </div>
        <Rail session={session} />
      </div>
    </div>
  )
}
