/** The batches so far, and the two ways to begin one: have the portal look, or bring a CSV. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { FileDown, FileUp, ScanSearch } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { Status } from '@/components/Status'
import { Empty, Loading, RegionError } from '@/components/states'
import { usePageActions } from '@/lib/actions'
import { sentence } from '@/lib/i18n'
import { Head } from '../parts/Head'
import { MOST_BYTES, textOf, type Intake } from './model'
import { intakesQuery, useStart } from './queries'
import { BATCH_MARK } from './words'
import css from '../Admin.module.css'
import own from './intake.module.css'

const route = getRouteApi('/inside/admin/intake')

function BatchTable({ batches }: { batches: Intake[] }) {
  const { t } = useTranslation('intake')
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col">{t('batch')}</th>
          <th scope="col">{t('state')}</th>
          <th scope="col" className={css.num}>
            {t('taken_of')}
          </th>
          <th scope="col" className={css.medium}>
            {t('by')}
          </th>
        </tr>
      </thead>
      <tbody>
        {batches.map((one) => (
          <tr key={one.id}>
            <td>
              <Link to="/admin/intake" search={{ batch: one.id }} className={css.rowLink}>
                {t(`source.${one.source}`)} · {one.id}
              </Link>
              <div className="t3 s12">
                <Age at={one.created_at} />
              </div>
            </td>
            <td>
              <Status status={BATCH_MARK[one.state]} label={t(`batch.${one.state}`)} plain />
            </td>
            <td className={css.num}>
              {one.counts.taken} / {one.counts.rows}
            </td>
            <td className={css.medium}>{one.created_by ? nameOf(one.created_by) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function Batches() {
  const { t } = useTranslation(['intake', 'admin'])
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(intakesQuery)
  const picker = useRef<HTMLInputElement>(null)
  const [unread, setUnread] = useState<'csv_not_utf8' | 'csv_too_large' | null>(null)
  const start = useStart((made) => void navigate({ search: { batch: made.id } }))
  const find = () => {
    setUnread(null)
    start.mutate({ source: 'found' })
  }
  const upload = async (file: File | undefined) => {
    if (!file) return
    start.reset()
    const text = file.size > MOST_BYTES ? null : await textOf(file)
    if (text === null) return setUnread(file.size > MOST_BYTES ? 'csv_too_large' : 'csv_not_utf8')
    setUnread(null)
    start.mutate({ source: 'csv', csv: text })
  }
  usePageActions([{ id: 'intake-find', label: t('find'), run: find }])
  const rows = found.data?.pages.flatMap((page) => page.results) ?? []
  const told = [start.error?.fields?.csv ?? []].flat()
  return (
    <>
      <Head
        page="intake"
        right={
          <div className={own.buttons}>
            <Button icon={<FileUp size={14} aria-hidden />} onClick={() => picker.current?.click()}>
              {t('upload')}
            </Button>
            <Button
              type="primary"
              icon={<ScanSearch size={14} aria-hidden />}
              loading={start.isPending && { delay: 300 }}
              onClick={find}
            >
              {t('find')}
            </Button>
          </div>
        }
      />
      <input
        ref={picker}
        type="file"
        accept=".csv,text/csv"
        className="hidden-visually"
        tabIndex={-1}
        aria-label={t('upload')}
        onChange={(event) => {
          void upload(event.target.files?.[0])
          event.target.value = ''
        }}
      />
      <p className={own.template}>
        <a href="/api/v1/access/intakes/template/" className="link" download>
          <FileDown size={14} aria-hidden /> {t('template')}
        </a>
      </p>
      {unread && (
        <p className={own.refusal} role="alert">
          {t(unread)}
        </p>
      )}
      {start.error && (
        <div className={own.refusal} role="alert">
          <p>{told.length ? t('csv_refused', { count: told.length }) : sentence(start.error)}</p>
          {told.length > 0 && (
            <ul>
              {told.map((one, index) => (
                <li key={index}>{sentence(one)}</li>
              ))}
            </ul>
          )}
        </div>
      )}
      {found.isPending ? (
        <Loading />
      ) : found.isError && !rows.length ? (
        <RegionError error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={css.tableCard}>
          {rows.length ? <BatchTable batches={rows} /> : <Empty>{t('none')}</Empty>}
          {found.hasNextPage && (
            <div className={css.foot}>
              <Button size="small" onClick={() => void found.fetchNextPage()} loading={found.isFetchingNextPage}>
                {t('admin:show_more')}
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  )
}
