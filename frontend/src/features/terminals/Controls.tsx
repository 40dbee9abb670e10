/** Under a replay: play, pause, where it is, how fast, whether pauses are skipped, a link to this moment. */
import { useNavigate } from '@tanstack/react-router'
import { Button, Checkbox } from 'antd'
import { Pause, Play } from 'lucide-react'
import { useMemo, type Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/components/CopyButton'
import { Segments } from '@/components/Segments'
import { usePageActions } from '@/lib/actions'
import { useKey } from '@/lib/keys'
import { useStore } from '@/lib/store'
import { clockOf } from '@/lib/terminal/countdown'
import { IDLE, SPEEDS, type Player } from '@/lib/terminal/player'
import type { Recording } from './useRecording'
import css from './terminals.module.css'

const BARS = 120
const STEP = 5

export function Controls({
  player,
  recording,
  ref,
}: {
  player: Player
  recording: Recording
  ref: Ref<HTMLDivElement>
}) {
  const { t } = useTranslation('terminals')
  const navigate = useNavigate()
  const { at, playing, speed, skipsIdle, duration } = useStore(player.state)
  const toggle = () => (playing ? player.pause() : player.play())
  usePageActions([{ id: 'play', label: t(playing ? 'pause' : 'play'), shortcut: 'p', run: toggle }])
  useKey('p', toggle)
  const link = new URL(location.href)
  link.searchParams.set('t', String(Math.floor(at)))
  return (
    <div ref={ref} className={css.controls} role="group" aria-label={t('controls')} tabIndex={-1}>
      <Button
        type="text"
        aria-label={t(playing ? 'pause' : 'play')}
        icon={playing ? <Pause size={16} aria-hidden /> : <Play size={16} aria-hidden />}
        onClick={toggle}
      />
      <span className="tnum">
        {clockOf(at)} / {clockOf(duration)}
      </span>
      <div className={css.track}>
        <Activity recording={recording} />
        <input
          type="range"
          min={0}
          max={Math.max(duration, 0.1)}
          step={0.1}
          value={at}
          aria-label={t('seek')}
          aria-valuetext={clockOf(at)}
          onChange={(event) => player.seek(Number(event.target.value))}
          onPointerUp={() =>
            void navigate({ to: '.', search: { t: Math.floor(player.state.get().at) }, replace: true })
          }
          onKeyDown={(event) => {
            const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key]
            if (!step) return
            event.preventDefault()
            player.seek(at + step)
          }}
        />
      </div>
      <Segments
        aria-label={t('speed')}
        options={SPEEDS.map((one) => ({ value: String(one), label: `${one}×` }))}
        value={String(speed)}
        onChange={(to) => player.setSpeed(Number(to))}
      />
      <Checkbox checked={skipsIdle} onChange={(event) => player.setSkipsIdle(event.target.checked)}>
        {t('skip', { seconds: IDLE })}
      </Checkbox>
      <CopyButton text={link.href} label={t('link_here')} />
    </div>
  )
}

/** Where something was printed. Drawn as bars; the slider above it is what is used. */
function Activity({ recording: { cast, count } }: { recording: Recording }) {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the recording grows in place
  const bars = useMemo(() => cast.activity(BARS), [cast, count])
  return (
    <svg className={css.activity} viewBox={`0 0 ${BARS} 20`} preserveAspectRatio="none" aria-hidden>
      {bars.map((height, index) => (
        <rect key={index} x={index + 0.15} y={20 - height * 18} width="0.7" height={height * 18} />
      ))}
    </svg>
  )
}
