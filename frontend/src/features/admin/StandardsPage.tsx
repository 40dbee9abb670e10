/** Standards: which rules, how hard, why? (UI.md §5.16) Everybody reads, administrators change; the open row is in the URL. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Empty, Loading, RegionError, SkeletonRows } from '@/components/states'
import { languagesQuery, whyQuery } from '@/lib/api/queries'
import { useKey } from '@/lib/keys'
import { Head } from './parts/Head'
import { useRight } from './rights'
import { Filters } from './standards/Filters'
import { kept, type Filter } from './standards/model'
import { standardsQuery } from './standards/queries'
import { StandardSheet } from './standards/StandardSheet'
import { StandardTable } from './standards/StandardTable'
import css from './Admin.module.css'

const route = getRouteApi('/inside/admin/standards')
const MANAGE = { action: 'standard.manage' } as const

/** J and K walk the rows; a sheet that closes gives the focus back to its row (UI.md §7). */
function useRowFocus(selected: string | undefined) {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef(selected)
  const links = () => [...(box.current?.querySelectorAll<HTMLElement>('[data-standard]') ?? [])]
  const move = (by: number) => {
    const all = links()
    const at = all.findIndex((link) => link === document.activeElement)
    all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus()
  }
  useKey('j', () => move(1))
  useKey('k', () => move(-1))
  useEffect(() => {
    if (before.current && !selected)
      links()
        .find((link) => link.dataset.standard === before.current)
        ?.focus({ preventScroll: true })
    before.current = selected
  }, [selected])
  return box
}

export default function StandardsPage() {
  const { t } = useTranslation('standards')
  const { standard, ...filter } = route.useSearch()
  const navigate = route.useNavigate()
  const found = useQuery(standardsQuery)
  const languages = useQuery(languagesQuery)
  const isAsking = useQuery(whyQuery(MANAGE)).isPending
  const right = useRight(MANAGE)
  const box = useRowFocus(standard)
  const all = found.data ?? []
  const rows = all.filter((one) => kept(one, filter))
  const languageNames = new Map(languages.data?.results.map(({ slug, name }) => [slug, name]))
  const change = (part: Partial<Filter>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true, resetScroll: false })
  const close = () => void navigate({ search: (old) => ({ ...old, standard: undefined }), resetScroll: false })
  const failed = found.isError && (
    <RegionError
      error={found.error}
      retry={() => void found.refetch()}
      shownAt={found.data ? found.dataUpdatedAt : undefined}
    />
  )
  return (
    <>
      <Head page="standards" />
      {right.refusal}
      {failed}
      {found.isPending ? (
        <Loading>
          <SkeletonRows rows={12} height={54} />
        </Loading>
      ) : (
        found.data && (
          <>
            <Filters filter={filter} onChange={change} count={rows.length} of={all.length} />
            <div className={css.tableCard} ref={box}>
              {rows.length ? (
                <StandardTable standards={rows} selected={standard} languageNames={languageNames} />
              ) : (
                <Empty
                  action={
                    all.length > 0 && (
                      <button
                        type="button"
                        className="link"
                        onClick={() => change({ q: undefined, level: undefined, tier: undefined })}
                      >
                        {t('clear')}
                      </button>
                    )
                  }
                >
                  {t(all.length ? 'no_match' : 'none')}
                </Empty>
              )}
            </div>
          </>
        )
      )}
      {standard && found.data && (
        <StandardSheet
          id={standard}
          standard={all.find(({ id }) => id === standard)}
          languageNames={languageNames}
          mayChange={isAsking ? undefined : right.allowed}
          onClose={close}
        />
      )}
    </>
  )
}
