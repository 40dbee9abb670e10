/** One batch: how far it is, what was read, its rows under a filter, and taking in what is ticked. The open row is in the URL. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { FileDown, Square } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { sentence } from '@/lib/i18n'
import { useKey } from '@/lib/keys'
import { Head } from '../parts/Head'
import { Filters } from './Filters'
import { isBusy, type Filter, type Intake } from './model'
import { Progress } from './Progress'
import { intakeQuery, rowsQuery, useIntake } from './queries'
import { Readings } from './Readings'
import { RowSheet } from './RowSheet'
import { RowTable } from './RowTable'
import css from '../Admin.module.css'
import own from './intake.module.css'

const route = getRouteApi('/inside/admin/intake')

/** J and K walk the rows, X ticks the one that has the focus; a sheet that closes gives the focus back to its row. */
function useRowKeys(selected: number | undefined, tick: (id: number) => void) {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef(selected)
  const links = () => [...(box.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  const move = (by: number) => {
    const all = links()
    const at = all.findIndex((link) => link === document.activeElement)
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus()
  }
  useKey('j', () => move(1))
  useKey('k', () => move(-1))
  useKey('x', () => {
    const row = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.row : undefined
    if (row) tick(Number(row))
  })
  useEffect(() => {
    if (before.current !== undefined && selected === undefined)
      links()
        .find((link) => link.dataset.row === String(before.current))
        ?.focus({ preventScroll: true })
    before.current = selected
  }, [selected])
  return box
}

type Deeds = ReturnType<typeof useIntake>

function Deeds({ intake, deeds }: { intake: Intake; deeds: Deeds }) {
  const { t } = useTranslation('intake')
  const ticked = intake.counts.ticked
  return (
    <div className={own.buttons}>
      <Button
        href={`/api/v1/access/intakes/${intake.id}/csv/`}
        icon={<FileDown size={14} aria-hidden />}
        className={own.export}
      >
        {t('export')}
      </Button>
      {isBusy(intake) ? (
        <Button
          icon={<Square size={12} aria-hidden />}
          loading={deeds.stop.isPending}
          onClick={() => deeds.stop.mutate()}
        >
          {t('stop')}
        </Button>
      ) : (
        ticked > 0 && (
          <KeyButton
            type="primary"
            shortcut="ctrl+enter"
            loading={deeds.take.isPending && { delay: 300 }}
            onPress={() => deeds.take.mutate()}
          >
            {t('take', { count: ticked })}
          </KeyButton>
        )
      )}
    </div>
  )
}

function Rows({ intake, deeds }: { intake: Intake; deeds: Deeds }) {
  const { t } = useTranslation(['intake', 'admin'])
  const { row: open, q, state, confidence, problems } = route.useSearch()
  const filter: Filter = { q, state, confidence, problems }
  const navigate = route.useNavigate()
  const busy = isBusy(intake)
  const found = useInfiniteQuery({ ...rowsQuery(intake.id, filter, busy), placeholderData: keepPreviousData })
  const rows = found.data?.pages.flatMap((page) => page.results) ?? []
  const tick = (id: number) => {
    const row = rows.find((one) => one.id === id)
    if (row && !busy) deeds.tick.mutate({ ids: [id], is_ticked: !row.is_ticked })
  }
  const box = useRowKeys(open, tick)
  const change = (part: Partial<Filter>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true, resetScroll: false })
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  return (
    <>
      <Filters intake={intake} filter={filter} onChange={change} deeds={deeds} shown={rows.length} />
      {found.isPending ? (
        <Loading>
          <SkeletonRows rows={10} height={54} />
        </Loading>
      ) : found.isError && !rows.length ? (
        <RegionError error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={css.tableCard} ref={box}>
          {rows.length ? (
            <RowTable rows={rows} selected={open} isBusy={busy} onTick={tick} />
          ) : (
            <Empty>{t(isFiltered ? 'no_match' : 'no_rows')}</Empty>
          )}
          {found.hasNextPage && (
            <div className={css.foot}>
              <Button size="small" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
                {t('admin:show_more')}
              </Button>
            </div>
          )}
        </div>
      )}
      {open !== undefined && (
        <RowSheet
          key={open}
          intake={intake}
          id={open}
          onClose={() => void navigate({ search: (old) => ({ ...old, row: undefined }), resetScroll: false })}
        />
      )}
    </>
  )
}

export function Batch({ id }: { id: number }) {
  const { t } = useTranslation('intake')
  const found = useQuery(intakeQuery(id))
  const deeds = useIntake(id)
  const intake = found.data
  const refused = deeds.take.error ?? deeds.stop.error ?? deeds.tick.error ?? deeds.correct.error
  return (
    <>
      <Head
        page="intake"
        below={{ name: t('of', { id }), lead: intake ? t(`lead.${intake.state}`) : t('lead.reading') }}
        right={intake && <Deeds intake={intake} deeds={deeds} />}
      />
      {found.isPending && <Loading />}
      {found.isError && (
        <RegionError
          error={found.error}
          retry={() => void found.refetch()}
          shownAt={intake ? found.dataUpdatedAt : undefined}
        />
      )}
      {intake && (
        <>
          {refused && (
            <p className={own.refusal} role="alert">
              {sentence(refused)}
            </p>
          )}
          <Progress intake={intake} />
          <Readings intake={intake} />
          {intake.state !== 'reading' && <Rows intake={intake} deeds={deeds} />}
        </>
      )}
    </>
  )
}
