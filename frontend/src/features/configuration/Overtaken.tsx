/** Somebody applied another revision since this form was begun: who, what differs, and both ways on. Nothing typed is lost by itself. */
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { TriangleAlert } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { ClockTime } from '@/components/Age'
import { currentQuery, type Which } from './queries'
import type { Page } from './useDocument'
import css from './configuration.module.css'

export type Newer = { number: number; by?: string; at?: string }

/** The revision that is in force instead of the one this was begun upon; null: that one still is. */
export function useNewer(which: Which, { draft, preview }: Page, inForce: number): Newer | null {
  const client = useQueryClient()
  const told = preview.good?.applied_meanwhile ?? null
  const basedOn = draft.value.based_on
  const number = told?.number ?? inForce
  useEffect(() => {
    // The preview knew first: what is in force is read again, so that discarding begins with it.
    if (number !== inForce) void client.invalidateQueries({ queryKey: currentQuery(which).queryKey })
  }, [client, which, number, inForce])
  if (told && told.number !== basedOn) return told
  return inForce > basedOn ? { number: inForce } : null
}

type Props = { which: Which; newer: Newer; draft: Page['draft'] }

export function Overtaken({ which, newer, draft }: Props) {
  const { t } = useTranslation('configuration')
  const { number, by, at } = newer
  const before = draft.value.based_on
  return (
    <div id="overtaken" tabIndex={-1} className={css.overtaken} role="alert">
      <TriangleAlert size={14} aria-hidden />
      <span className="grow">
        {by && at ? (
          <>
            {t('newer', { by, number })} <ClockTime at={at} />
          </>
        ) : (
          t('newer.unknown', { number })
        )}
      </span>
      {before > 0 && (
        <Link
          to="/p/$project/configuration/$environment/$name/revisions"
          params={which}
          search={{ before, after: number }}
          className="link"
        >
          {t('newer.look')}
        </Link>
      )}
      <Button size="small" onClick={() => draft.change((old) => ({ ...old, based_on: number }))}>
        {t('newer.go_on', { number })}
      </Button>
      <Button size="small" onClick={draft.discard}>
        {t('newer.discard')}
      </Button>
    </div>
  )
}
