/**
 * A terminal on a page: the screen, its find bar, the questions before a paste of lines and before a link. One for the live
 * shell, for watching and for replay. Loaded with the pages that need it only; must not know where the bytes come from.
 */
import { useEffect, useEffectEvent, useId, useRef, useState, type Ref, useImperativeHandle } from 'react'
import { useTranslation } from 'react-i18next'
import { systemOf, terminalKey } from '@/lib/terminal/keys'
import { linesOf, pasted } from '@/lib/terminal/paste'
import { FindBar } from './FindBar'
import { LinkDialog, PasteDialog } from './Questions'
import { Screen } from './screen'
import css from './terminal.module.css'

export type TerminalHandle = {
  screen: Screen
  focus: () => void
  find: () => void
}
type Props = {
  label: string
  hint: string
  fontSize: number
  reader: boolean
  readOnly?: boolean
  /** the size follows the page; a recording has its own */
  fits?: boolean
  /** what is typed is not heard now */
  dimmed?: boolean
  /** false: it was not taken */
  onType?: (data: string | Uint8Array) => boolean
  onSize?: (cols: number, rows: number) => void
  onReady: (screen: Screen) => void
  onLeave: () => void
  ref?: Ref<TerminalHandle>
}

const FIT_AFTER = 80
const SHAKE = 320
const system = systemOf(typeof navigator === 'undefined' ? '' : navigator.userAgent)

export function TerminalScreen(props: Props) {
  const { label, hint, fontSize, reader, readOnly = false, fits = true, dimmed = false, ref } = props
  const { t } = useTranslation('terminals')
  const hintId = useId()
  const box = useRef<HTMLDivElement>(null)
  const [screen, setScreen] = useState<Screen | null>(null)
  const [finding, setFinding] = useState(false)
  const [link, setLink] = useState<string | null>(null)
  const [lines, setLines] = useState<string | null>(null)
  const [shaken, setShaken] = useState(0)
  const [mayPasteLines, setMayPasteLines] = useState(false)

  const type = (data: string | Uint8Array) => {
    if (!readOnly && props.onType?.(data) === false) setShaken((n) => n + 1)
  }
  const paste = (text: string, isAsked: boolean) => {
    if (readOnly || !screen || !text) return
    if (!isAsked && !mayPasteLines && linesOf(text) > 1) return setLines(text)
    type(pasted(text, screen.isBracketed))
    screen.term.scrollToBottom()
  }
  const onType = useEffectEvent(type)
  const onKey = useEffectEvent((event: KeyboardEvent, from: Screen): boolean => {
    const key = terminalKey(event, system, from.selection !== '')
    if (!key) return false
    if (key === 'paste') return true // the browser's own paste follows, and is heard below
    if (key === 'copy' && system === 'mac') return true
    event.preventDefault()
    event.stopPropagation()
    if (key === 'leave') props.onLeave()
    else if (key === 'find') setFinding(true)
    else if (from.selection) void navigator.clipboard.writeText(from.selection).then(() => from.term.clearSelection())
    return true
  })
  const onSize = useEffectEvent((cols: number, rows: number) => props.onSize?.(cols, rows))
  const onReady = useEffectEvent((ready: Screen) => props.onReady(ready))
  const first = useEffectEvent(() => ({ label, fontSize, reader, readOnly }))

  useEffect(() => {
    const parent = box.current
    if (!parent) return undefined
    const made: Screen = new Screen({
      ...first(),
      hintId,
      onType: (data) => onType(data),
      onSize: (cols, rows) => onSize(cols, rows),
      onLink: setLink,
      onKey: (event) => onKey(event, made),
    })
    void made.open(parent, fits).then((isOpen) => {
      if (!isOpen) return
      setScreen(made)
      onReady(made)
    })
    return () => made.dispose()
  }, [hintId, fits])

  useEffect(() => screen?.setFont(fontSize, fits), [screen, fontSize, fits])
  useEffect(() => screen?.setReader(reader), [screen, reader])
  useFit(box, screen, fits)
  usePaste(box, (text) => paste(text, false))
  useImperativeHandle(ref, () => {
    return { screen: screen as Screen, focus: () => screen?.term.focus(), find: () => setFinding(true) }
  }, [screen])

  return (
    <div className={css.frame} data-dimmed={dimmed || undefined} data-terminal>
      <p id={hintId} className="hidden-visually">
        {hint}
      </p>
      {finding && screen && (
        <FindBar
          screen={screen}
          close={() => {
            setFinding(false)
            screen.endFind()
            screen.term.focus()
          }}
        />
      )}
      <div
        ref={box}
        key="box"
        className={css.box}
        data-fits={fits || undefined}
        data-shaken={shaken ? shaken % 2 : undefined}
        style={{ '--shake': `${SHAKE}ms` } as React.CSSProperties}
      />
      {shaken > 0 && (
        <p className="hidden-visually" role="status" key={shaken}>
          {t('not_heard')}
        </p>
      )}
      {link && (
        <LinkDialog
          url={link}
          close={() => {
            setLink(null)
            screen?.term.focus()
          }}
        />
      )}
      {lines !== null && (
        <PasteDialog
          text={lines}
          close={(run, always) => {
            setLines(null)
            if (always) setMayPasteLines(true)
            if (run) paste(lines, true)
            screen?.term.focus()
          }}
        />
      )}
    </div>
  )
}

/** The screen has as many cells as fit; while the window is pulled it is measured rarely. */
function useFit(box: React.RefObject<HTMLDivElement | null>, screen: Screen | null, fits: boolean): void {
  useEffect(() => {
    if (!fits || !screen || !box.current) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const observer = new ResizeObserver(() => {
      clearTimeout(timer)
      timer = setTimeout(() => screen.fit(), FIT_AFTER)
    })
    observer.observe(box.current)
    return () => {
      clearTimeout(timer)
      observer.disconnect()
    }
  }, [box, screen, fits])
}

/** Heard before xterm does: what is pasted is cleaned and, when it is several lines, asked about. */
function usePaste(box: React.RefObject<HTMLDivElement | null>, onPaste: (text: string) => void): void {
  const latest = useEffectEvent(onPaste)
  useEffect(() => {
    const element = box.current
    const listen = (event: ClipboardEvent) => {
      event.preventDefault()
      event.stopPropagation()
      latest(event.clipboardData?.getData('text/plain') ?? '')
    }
    element?.addEventListener('paste', listen, { capture: true })
    return () => element?.removeEventListener('paste', listen, { capture: true })
  }, [box])
}
