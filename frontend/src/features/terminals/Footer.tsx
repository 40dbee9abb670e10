/** Under the screen: how to leave it, its size, find, type size, reading aloud, clearing, full screen. */
import { Button } from 'antd'
import { AArrowDown, AArrowUp, Ear, Eraser, Maximize2, Search } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { Key } from '@/components/Key'
import type { TerminalHandle } from '@/components/terminal/TerminalScreen'
import { FONT_SIZES } from '@/lib/terminal/preferences'
import { systemOf } from '@/lib/terminal/keys'
import type { Look } from './useLook'
import css from './terminals.module.css'

type Props = {
  size: { cols: number; rows: number }
  look: Look
  stage: RefObject<HTMLDivElement | null>
  screen: RefObject<TerminalHandle | null>
  /** a recording is left by Tab, and not cleared */
  isPlayed?: boolean
}
const isMac = systemOf(navigator.userAgent) === 'mac'

export function Footer({ size, look, stage, screen, isPlayed = false }: Props) {
  const { t } = useTranslation('terminals')
  const at = FONT_SIZES.findIndex((one) => one === look.fontSize)
  const resize = (by: number) => look.change({ fontSize: FONT_SIZES[at + by] ?? look.fontSize })
  const full = () =>
    void (document.fullscreenElement ? document.exitFullscreen() : stage.current?.requestFullscreen?.())
  return (
    <footer className={css.foot}>
      {!isPlayed && (
        <span className={css.leave}>
          {t('leave')} <Key always>{isMac ? 'ctrl+arrowup' : 'ctrl+shift+arrowup'}</Key>
        </span>
      )}
      <span className="grow" />
      <span className="tnum">
        {size.cols} × {size.rows}
      </span>
      <span className={css.utf}>UTF-8</span>
      <Tool label={t('find')} icon={<Search size={14} />} run={() => screen.current?.find()} />
      <Tool label={t('smaller')} icon={<AArrowDown size={15} />} run={() => resize(-1)} />
      <Tool label={t('larger')} icon={<AArrowUp size={15} />} run={() => resize(1)} />
      <Tool
        label={t('reader')}
        icon={<Ear size={14} />}
        pressed={look.reader}
        run={() => look.change({ reader: !look.reader })}
      />
      {!isPlayed && (
        <Tool label={t('clear_screen')} icon={<Eraser size={14} />} run={() => screen.current?.screen.term.clear()} />
      )}
      <Tool label={t('full')} icon={<Maximize2 size={14} />} run={full} />
    </footer>
  )
}

function Tool({ label, icon, run, pressed }: { label: string; icon: ReactNode; run: () => void; pressed?: boolean }) {
  return (
    <Button
      type="text"
      size="small"
      className={css.tool}
      icon={icon}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={run}
    />
  )
}
