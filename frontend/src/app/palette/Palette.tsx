/** The command palette (Ctrl K): one list of what can be done here, where one can go, and what one may not. */
import { useRouter } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useDeferredValue, useId, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { Key } from '@/components/Key'
import { useDebounced } from '@/lib/debounced'
import { closeOverlay, overlay } from '../frame/overlays'
import { usePeopleRows, useProjectRows, useThingRows, useTicketRows } from './finds'
import { arrange, type Shown } from './items'
import { useCommandRows, usePageRows, usePlaceRows } from './places'
import { recognise, type Recognised } from './recognise'
import { Row } from './Row'
import css from './Palette.module.css'

/** The portal is asked for the words that stood still for a moment. */
const ASK_AFTER = 120

function useRows(wanted: Recognised, asked: Recognised) {
  const page = usePageRows()
  const things = useThingRows(asked)
  const places = usePlaceRows()
  const projects = useProjectRows(asked.query, asked.mode)
  const tickets = useTicketRows(asked)
  const commands = useCommandRows()
  const people = usePeopleRows(asked)
  const own = wanted.mode === 'actions' ? commands.map((item) => ({ ...item, onlyTyped: false })) : commands
  return arrange([...page, ...own, ...things, ...projects, ...places, ...tickets, ...people], wanted.query, wanted.mode)
}

export default function Palette() {
  const { t } = useTranslation('frame')
  const router = useRouter()
  const [input, setInput] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const wanted = recognise(useDeferredValue(input))
  const groups = useRows(wanted, recognise(useDebounced(input, ASK_AFTER)))
  const rows = groups.flatMap((group) => group.items)
  const at = Math.max(
    0,
    rows.findIndex((row) => row.id === chosen),
  )
  const active = rows[at]

  /** An overlay opened by the row stays; otherwise the palette is done. */
  function run(row: Shown, newTab: boolean) {
    if (row.group === 'refused') return
    if (row.href && newTab) return void window.open(row.href, '_blank', 'noopener')
    closeOverlay()
    if (row.href) return router.history.push(row.href)
    row.run?.()
  }

  function move(by: number) {
    const next = rows[(at + by + rows.length) % rows.length]
    if (!next) return
    setChosen(next.id)
    document.getElementById(`${id}-${next.id}`)?.scrollIntoView({ block: 'nearest' })
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step) {
      event.preventDefault()
      move(step)
    } else if (event.key === 'Enter' && active) {
      event.preventDefault()
      run(active, event.ctrlKey || event.metaKey)
    }
  }

  return (
    <Dialog
      label={t('palette.title')}
      onClose={() => overlay.get() === 'palette' && closeOverlay()}
      className={css.palette}
    >
      <div className={css.top}>
        <Search size={16} aria-hidden className={css.lens} />
        <input
          className={css.input}
          value={input}
          autoFocus
          placeholder={t('palette.placeholder')}
          aria-label={t('palette.placeholder')}
          role="combobox"
          aria-expanded={rows.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={active ? `${id}-${active.id}` : undefined}
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          onChange={(event) => {
            setInput(event.target.value)
            setChosen(null)
            list.current?.scrollTo(0, 0)
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" className={css.escape} onClick={closeOverlay} title={t('palette.close')} tabIndex={-1}>
          Esc
        </button>
      </div>
      <div
        className={css.list}
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={t('palette.title')}
        tabIndex={-1}
      >
        {groups.map(({ group, items }) => (
          <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
            <div id={`${id}-${group}`} className={css.title} role="presentation">
              {t(`palette.${group}`)}
            </div>
            {items.map((row) => (
              <Row
                key={row.id}
                id={`${id}-${row.id}`}
                row={row}
                active={row === active}
                onPoint={() => setChosen(row.id)}
                onRun={(newTab) => run(row, newTab)}
              />
            ))}
          </div>
        ))}
      </div>
      {rows.length === 0 && (
        <p className={css.none} role="status">
          {wanted.query ? t('palette.none', { query: wanted.query }) : t('palette.empty')}
        </p>
      )}
      <footer className={css.foot}>
        <span>
          <Key always>arrowup</Key>
          <Key always>arrowdown</Key> {t('palette.move')}
        </span>
        <span>
          <Key always>enter</Key> {t('palette.run')}
        </span>
        <span>
          <Key always>ctrl+enter</Key> {t('palette.new_tab')}
        </span>
        <code className={css.signs}>{t('palette.signs')}</code>
      </footer>
    </Dialog>
  )
}
