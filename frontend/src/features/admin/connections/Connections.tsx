/** The list of one kind of outside systems and the sheet of the chosen one. Where one may not change them, the list is read. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Empty, Loading, RegionError } from '@/components/states'
import { ConnectionSheet } from './ConnectionSheet'
import { ConnectionTable } from './ConnectionTable'
import { connectionsQuery, type Kind } from './kinds'
import css from '../Admin.module.css'

type Props = {
  kind: Kind
  edit: string | undefined
  add: boolean
  mayChange: boolean
  /** nothing: the sheet is closed */
  onOpen: (name: string | undefined, add?: true) => void
}

export function Connections({ kind, edit, add, mayChange, onOpen }: Props) {
  const { t } = useTranslation('admin')
  const found = useQuery(connectionsQuery(kind))
  if (found.isPending) return <Loading />
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  const row = found.data.find(({ name }) => name === edit)
  return (
    <>
      <div className={css.tableCard}>
        {found.data.length ? (
          <ConnectionTable kind={kind} rows={found.data} selected={edit} />
        ) : (
          <Empty
            action={
              mayChange && (
                <button type="button" className="link" onClick={() => onOpen(undefined, true)}>
                  {t(`connection.add.${kind}`)}
                </button>
              )
            }
          >
            {t(`connection.none.${kind}`)}
          </Empty>
        )}
      </div>
      {mayChange && (add || row) && (
        <ConnectionSheet
          key={kind}
          kind={kind}
          row={add ? null : (row ?? null)}
          onClose={() => onOpen(undefined)}
          onSaved={(saved) => onOpen(saved.name)}
        />
      )}
    </>
  )
}
