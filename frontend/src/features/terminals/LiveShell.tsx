/** The person's own shell: bar, screen, rail; strips and cards over the screen, never into it. */
import { useTranslation } from 'react-i18next'
import { useRef, useState } from 'react'
import { TerminalScreen, type TerminalHandle } from '@/components/terminal/TerminalScreen'
import type { SessionDetail } from '@/lib/api/terminals'
import { useMe } from '@/lib/me'
import { useIsPhone } from '@/lib/screen'
import { AwayStrip, BackStrip } from './Strips'
import { EndCard } from './EndCard'
import { Footer } from './Footer'
import { Rail } from './Rail'
import { SessionBar } from './SessionBar'
import { Top } from './Top'
import { useLook } from './useLook'
import { useShell } from './useSession'
import css from './terminals.module.css'

export function LiveShell({ session }: { session: SessionDetail }) {
  const { t } = useTranslation('terminals')
  const me = useMe()
  const phone = useIsPhone()
  const { link, state, onReady } = useShell(session.id)
  const look = useLook(me.id)
  const screen = useRef<TerminalHandle>(null)
  const stage = useRef<HTMLDivElement>(null)
  const bar = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ cols: 80, rows: 24 })
  const isOver = session.state === 'ended' || state.phase === 'ended'
  const hears = state.phase === 'open' && !isOver
  return (
    <div className={css.session}>
      <Top session={session} facts={state.facts} isOver={isOver} />
      <SessionBar ref={bar} session={session} state={isOver ? { ...state, phase: 'ended' } : state} />
      <div className={css.body}>
        <div ref={stage} className={css.stage}>
          <div className={css.screen}>
            <TerminalScreen
              ref={screen}
              label={t('input', { workload: session.workload })}
              hint={t('hint')}
              fontSize={look.fontSize}
              reader={look.reader}
              readOnly={phone}
              dimmed={!hears}
              onType={(data) => link.send(data)}
              onSize={(cols, rows) => {
                setSize({ cols, rows })
                link.resize(cols, rows)
              }}
              onReady={onReady}
              onLeave={() => bar.current?.focus()}
            />
            {!isOver && <AwayStrip state={state} again={link.reconnectNow} />}
            {!isOver && <BackStrip state={state} />}
            {isOver && <EndCard session={session} said={state.end} />}
          </div>
          <Footer size={size} look={look} stage={stage} screen={screen} />
        </div>
        <Rail session={session} />
      </div>
    </div>
  )
}
