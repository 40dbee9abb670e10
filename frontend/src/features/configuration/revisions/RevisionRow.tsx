/** One revision: who, when, why, by which ticket, whether it is in force; and what can be done with it. */
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { asApiError, type ApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { saveAs } from '@/lib/save'
import { chartName, packed } from '../model/chart'
import { chart, yamlAddress, type Revision, type Which } from '../queries'
import css from '../configuration.module.css'

export function ChartButton({ which, number }: { which: Which; number: number }) {
  const { t } = useTranslation('configuration')
  const [error, setError] = useState<ApiError | null>(null)
  const get = async () => {
    setError(null)
    try {
      const { files } = await chart(which, number)
      const name = chartName(files, which.name)
      saveAs(await packed(name, files), `${name}-${which.environment}-r${number}.tgz`)
    } catch (problem) {
      setError(asApiError(problem))
    }
  }
  return (
    <>
      <button type="button" className="link" onClick={() => void get()} aria-label={t('chart_of', { number })}>
        {t('chart')}
      </button>
      {error && (
        <span className={css.rowError} role="alert">
          {sentence(error)}
        </span>
      )}
    </>
  )
}

type Props = {
  which: Which
  revision: Revision
  inForce: number
  mayRestore: boolean
  onCompare: (before: number, after: number) => void
  onRestore: () => void
}

export function RevisionRow({ which, revision, inForce, mayRestore, onCompare, onRestore }: Props) {
  const { t } = useTranslation('configuration')
  const { number, note, author, ticket, brought_back_from, created_at, applied_at } = revision
  return (
    <tr>
      <th scope="row" className="tnum">
        {number}
      </th>
      <td>
        {number === inForce ? (
          <span className={css.inForce}>
            <CircleCheck size={13} aria-hidden /> {t('state.in_force')}
          </span>
        ) : (
          <span className="t2">{applied_at ? t('state.was_applied') : t('state.proposed')}</span>
        )}
      </td>
      <td className={css.note}>
        {brought_back_from !== null && (
          <span className="t2 s12">{t('revisions.back_from', { number: brought_back_from })} </span>
        )}
        {note || (brought_back_from === null && <span className="t3">—</span>)}
      </td>
      <td className={css.wideOnly}>{author ? nameOf(author) : 'opsportal'}</td>
      <td className="t2">
        <Age at={created_at} />
      </td>
      <td>
        {ticket === null ? (
          <span className="t3">—</span>
        ) : (
          <Link to="/tickets/$id" params={{ id: String(ticket) }} className="link tnum">
            #{ticket}
          </Link>
        )}
      </td>
      <td>
        <div className={css.actions}>
          {number !== inForce && inForce > 0 && (
            <button
              type="button"
              className="link"
              onClick={() => onCompare(inForce, number)}
              aria-label={t('compare_with_force', { number, current: inForce })}
            >
              {t('compare')}
            </button>
          )}
          <a
            href={yamlAddress(which, number)}
            download={`${which.name}-${which.environment}-r${number}.yaml`}
            className="link"
            aria-label={t('yaml_of', { number })}
          >
            YAML
          </a>
          <ChartButton which={which} number={number} />
          {mayRestore && (
            <Button size="small" onClick={onRestore} aria-label={t('restore_of', { number })}>
              {t('restore')}
            </Button>
          )}
        </div>
      </td>
    </tr>
  )
}
