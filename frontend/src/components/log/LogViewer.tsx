/** A build's log: live, searchable, every line a link. Default export for lazy loading; reads through `useLog` only. */
import { ArrowDown } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { saveAs } from '@/lib/save'
import { size } from '@/lib/time'
import { plainText } from './ansi'
import FixedRows from './FixedRows'
import { nextOf } from './find'
import { LogRow } from './LogRow'
import { LogToolbar } from './LogToolbar'
import type { RowsHandle } from './rows'
import { firstRealError, FOLD, type LogStore } from './store'
import { useFinder } from './useFinder'
import { useLog } from './useLog'
import WrappedRows from './WrappedRows'
import css from './Log.module.css'

export type LineRange = { from: number; to: number }

export type LogViewerProps = {
  title: ReactNode
  fileName: string
  /** the build still writes */
  isRunning: boolean
  /** open at the first real error, when no line is asked for */
  startAtError: boolean
  lines: LineRange | null
  onLines: (lines: LineRange) => void
  query: string
  onQuery: (query: string) => void
  wrap: boolean
  onWrap: (wrap: boolean) => void
}

export default function LogViewer({ buildId, ...props }: LogViewerProps & { buildId: number }) {
  const { store, version, query } = useLog(buildId)
  if (store.count === 0) {
    if (query.isError)
      return (
        <div className={css.pad}>
          <RegionError error={query.error} retry={() => void query.refetch()} />
        </div>
      )
    if (query.isPending)
      return (
        <div className={css.pad}>
          <Loading>
            <SkeletonRows rows={12} height={19} />
          </Loading>
        </div>
      )
  }
  return (
    <LogPane
      store={store}
      version={version}
      trouble={query.isError ? query.error : null}
      retry={() => void query.refetch()}
      {...props}
    />
  )
}

type PaneProps = LogViewerProps & { store: LogStore; version: number; trouble: unknown; retry: () => void }

/** Everything but the reading: also what a test gives a made-up log. */
export function LogPane({
  store,
  version,
  trouble,
  retry,
  lines,
  onLines,
  query,
  onQuery,
  wrap,
  onWrap,
  ...props
}: PaneProps) {
  const { t } = useTranslation('release')
  const rows = useRef<RowsHandle>(null)
  const [follow, setFollow] = useState(props.isRunning && !lines)
  const [leftAt, setLeftAt] = useState(0)
  const [said, setSaid] = useState('')
  const found = useFinder(store, query, version)
  const { count } = store
  useOpening(store, version, rows, lines, props.startAtError, () => setFollow(false))

  useLayoutEffect(() => {
    if (follow) rows.current?.toEnd()
  }, [follow, version, wrap])

  const setFollowing = useCallback(
    (on: boolean) => {
      setFollow(on)
      setLeftAt(store.count)
      if (on) rows.current?.toEnd()
    },
    [store],
  )
  const onMove = useCallback(
    (where: 'up' | 'end') => {
      if (where === 'up')
        setFollow((was) => {
          if (was) setLeftAt(store.count)
          return false
        })
      else setLeftAt(store.count)
    },
    [store],
  )
  const go = (line: number | null) => {
    if (line === null) return
    setFollow(false)
    setLeftAt(store.count)
    rows.current?.reveal(line)
    setSaid(plainText(store.line(line).slice(0, FOLD)))
    onLines({ from: line, to: line })
  }
  const here = () => lines?.from ?? (rows.current?.firstVisible() ?? 1) - 1
  const onLine = useCallback(
    (number: number, isRange: boolean) =>
      onLines(
        isRange && lines
          ? { from: Math.min(lines.from, number), to: Math.max(lines.from, number) }
          : { from: number, to: number },
      ),
    [lines, onLines],
  )
  const row = (number: number) => (
    <LogRow
      key={number}
      number={number}
      raw={store.line(number)}
      severity={store.severity(number)}
      query={query}
      onLine={onLine}
      isSelected={lines !== null && number >= lines.from && number <= lines.to}
    />
  )
  const Rows = wrap ? WrappedRows : FixedRows
  const behind = props.isRunning && !follow ? Math.max(0, count - leftAt) : 0
  return (
    <section className={css.log} aria-label={t('log.title')}>
      <LogToolbar
        title={props.title}
        query={query}
        onQuery={onQuery}
        foundCount={found.lines.length}
        foundAt={lines ? found.lines.indexOf(lines.from) + 1 : 0}
        onFindNext={(backwards) => go(nextOf(found.lines, here(), backwards))}
        warnings={store.warnings}
        errors={store.errors.length}
        onNextError={() => go(nextOf(store.errors, here()))}
        follow={follow}
        canFollow={props.isRunning}
        onFollow={setFollowing}
        wrap={wrap}
        onWrap={onWrap}
        onDownload={() => download(store, props.fileName)}
      />
      <div className={css.body}>
        <Rows
          ref={rows}
          count={count}
          longest={store.longest}
          label={t('log.title')}
          row={row}
          onMove={onMove}
          tail={props.isRunning ? <span className={css.cursor} aria-hidden /> : null}
        />
        {behind > 0 && (
          <button type="button" className={css.behind} onClick={() => setFollowing(true)}>
            {t('log.behind', { count: behind, lines: behind.toLocaleString('en') })}
            <ArrowDown size={14} aria-hidden />
          </button>
        )}
        <p className="hidden-visually" aria-live="polite">
          {said}
        </p>
      </div>
      <footer className={css.foot}>
        {trouble ? (
          <RegionError error={trouble} retry={retry} />
        ) : (
          <>
            <span className={css.state}>
              <span className={props.isRunning ? css.dot : css.dotOff} aria-hidden />
              {props.isRunning ? t('log.live') : store.isComplete ? t('log.complete') : t('log.copying')}
              <span aria-hidden>·</span>
              <span className="tnum">
                {t('log.size', { count, lines: count.toLocaleString('en'), size: size(store.nextOffset) })}
              </span>
            </span>
            <span className={css.stays}>{t('log.stays')}</span>
          </>
        )}
      </footer>
    </section>
  )
}

/** Where the log opens: at the line asked for as soon as it is there, else at the first real error, once. */
function useOpening(
  store: LogStore,
  version: number,
  rows: React.RefObject<RowsHandle | null>,
  lines: LineRange | null,
  startAtError: boolean,
  stop: () => void,
) {
  const opened = useRef<number | 'error' | null>(null)
  useEffect(() => {
    if (lines) {
      if (opened.current === lines.from || store.count < lines.from) return
      opened.current = lines.from
      stop()
      rows.current?.reveal(lines.from)
    } else if (startAtError && opened.current === null && store.isComplete) {
      opened.current = 'error'
      stop()
      rows.current?.reveal(firstRealError(store))
    }
  }, [store, version, rows, lines, startAtError, stop])
}

function download(store: LogStore, fileName: string): void {
  saveAs(new Blob([...store.text()], { type: 'text/plain;charset=utf-8' }), fileName)
}
