/** The last part of the breadcrumb: opens a list of projects to type into. Recent ones first, then pinned, then all. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useLocation, useRouter } from '@tanstack/react-router'
import { ChevronsUpDown } from 'lucide-react'
import { useId, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { StateMark } from '@/components/Status'
import { pinsQuery, statesQuery } from '@/lib/api/queries'
import { projectsQuery } from '@/lib/api/queries'
import { useDismiss } from '@/lib/dismiss'
import { useKey } from '@/lib/keys'
import { useMe } from '@/lib/me'
import { recent } from '@/lib/recent'
import { hueOf } from '@/lib/status'
import { choices, type Choice } from './choices'
import { sameTab } from './tabs'
import css from './project.module.css'

export function ProjectSwitcher({ project }: { project: string }) {
  const { t } = useTranslation('frame')
  const box = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const close = (back: boolean) => {
    setOpen(false)
    if (back) opener.current?.focus()
  }
  useDismiss(box, open, close)
  useKey('g p', () => setOpen(true))
  return (
    <div ref={box} className={css.switcher}>
      <button
        ref={opener}
        type="button"
        className={css.current}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={t('switch.open', { project })}
        title={`${t('switch.filter')} (G P)`}
        onClick={() => setOpen(!open)}
      >
        <span className="clip">{project}</span>
        <ChevronsUpDown size={14} aria-hidden className={css.arrow} />
      </button>
      {open && <Picker project={project} done={() => close(true)} />}
    </div>
  )
}

function useChoices(project: string, query: string): Choice[] {
  const me = useMe()
  const pins = useQuery(pinsQuery).data
  const found = useQuery({
    ...projectsQuery({ q: query || undefined, limit: 30 }),
    placeholderData: keepPreviousData,
  }).data
  const [last] = useState(() => recent(me.id, 'projects'))
  return choices({
    query,
    here: project,
    recent: last,
    pinned: (pins ?? []).map((pin) => pin.slug),
    all: found?.results ?? [],
  })
}

function Picker({ project, done }: { project: string; done: () => void }) {
  const { t } = useTranslation('frame')
  const router = useRouter()
  const pathname = useLocation({ select: (place) => place.pathname })
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const rows = useChoices(project, query.trim())
  const states = useQuery(statesQuery(rows.map((row) => row.slug))).data
  const active = rows[Math.min(at, rows.length - 1)]

  function go(choice: Choice) {
    done()
    router.history.push(sameTab(pathname, choice.slug))
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step && rows.length) {
      event.preventDefault()
      const next = (Math.min(at, rows.length - 1) + step + rows.length) % rows.length
      setAt(next)
      document.getElementById(`${id}-${rows[next]?.slug}`)?.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter' && active) {
      event.preventDefault()
      go(active)
    }
  }

  return (
    <div className={css.picker} role="dialog" aria-label={t('switch.filter')} data-keys-blocked>
      <input
        className={css.filter}
        value={query}
        autoFocus
        placeholder={t('switch.filter')}
        aria-label={t('switch.filter')}
        role="combobox"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={active ? `${id}-${active.slug}` : undefined}
        autoComplete="off"
        spellCheck={false}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setQuery(event.target.value)
          setAt(0)
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label={t('nav.projects')} className={css.list} tabIndex={-1}>
        {rows.map((row, index) => (
          <div
            key={row.slug}
            id={`${id}-${row.slug}`}
            role="option"
            aria-selected={row === active}
            className={css.option}
            data-first={index > 0 && rows[index - 1]?.from !== row.from ? true : undefined}
            onPointerMove={row === active ? undefined : () => setAt(index)}
            onClick={() => go(row)}
          >
            {states && (
              <StateMark
                hue={hueOf(states.get(row.slug) ?? 'none')}
                label={t(`state.${states.get(row.slug) ?? 'none'}`)}
              />
            )}
            <span className="clip grow">{row.slug}</span>
            {row.name && row.name !== row.slug && <span className={`${css.other} clip`}>{row.name}</span>}
          </div>
        ))}
      </div>
      {rows.length === 0 && (
        <p className={css.none} role="status">
          {t('switch.none', { query })}
        </p>
      )}
    </div>
  )
}
