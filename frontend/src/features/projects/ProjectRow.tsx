/** One project of the list: what it is, what runs in production, what waits. Reads nothing itself. */
import { Link } from '@tanstack/react-router'
import { Star } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { Avatar, nameOf } from '@/components/Person'
import { StateMark, StatusIcon } from '@/components/Status'
import type { Schemas } from '@/lib/api/client'
import { usePin } from '@/lib/api/queries'
import { tagOfImage } from '@/lib/image'
import { Sparkline } from './Sparkline'
import css from './Projects.module.css'

type Summary = Schemas['ProjectSummary']
type Props = {
  project: Schemas['Project']
  language: string
  summary: Summary | undefined
  pinned: boolean | undefined
}

function Production({ production }: { production: NonNullable<Summary['production']> }) {
  const { t } = useTranslation('projects')
  const { release, image, since } = production
  if (!release && !image) return <span className="t3">{t('production.several')}</span>
  const digest = release?.digest ?? image.split('@')[1]
  return (
    <span className={css.version}>
      <ImageName tag={release?.tag ?? tagOfImage(image)} digest={digest} size={14} />
      {since && (
        <span className="t3 s12">
          <Age at={since} short />
        </span>
      )}
    </span>
  )
}

function Owners({ owners }: { owners: Schemas['Person'][] }) {
  const [first, ...others] = owners
  if (!first) return <span className="t3">—</span>
  return (
    <span className={css.owner} title={owners.map(nameOf).join(', ')}>
      <Avatar person={first} />
      <span className="clip">{nameOf(first)}</span>
      {others.length > 0 && <span className="t3">+{others.length}</span>}
    </span>
  )
}

export function ProjectRow({ project, language, summary, pinned }: Props) {
  const { t } = useTranslation('projects')
  const pin = usePin(project.slug)
  const state = summary?.state === 'none' ? 'off' : summary?.state
  return (
    <tr className={css.row}>
      <td className={css.mark}>{summary && state && <StateMark hue={state} label={t(`state.${summary.state}`)} />}</td>
      <td className={css.name}>
        <span className={css.title}>
          <Link to="/p/$project" params={{ project: project.slug }} className={css.link} data-project={project.slug}>
            {project.slug}
          </Link>
          {project.stage !== 'active' && (
            <span className={css.stage} data-stage={project.stage}>
              {t(`stage.${project.stage}`)}
            </span>
          )}
          {project.stage === 'active' && project.name !== project.slug && (
            <span className="t3 clip">{project.name}</span>
          )}
        </span>
      </td>
      <td className={css.pinCell}>
        {pinned !== undefined && (
          <button
            type="button"
            className={`${css.pin} ${pinned ? css.pinned : ''}`}
            data-pin
            aria-pressed={pinned}
            onClick={() => pin.mutate(!pinned)}
            aria-label={t(pinned ? 'unpin' : 'pin', { name: project.slug })}
          >
            <Star size={14} aria-hidden fill={pinned ? 'currentColor' : 'none'} />
          </button>
        )}
      </td>
      <td className={css.people}>
        <Owners owners={project.owners} />
      </td>
      <td className={css.language}>{language}</td>
      <td className={css.production}>
        {summary &&
          (summary.production ? <Production production={summary.production} /> : <span className="t3">—</span>)}
      </td>
      <td className={css.waiting}>
        {summary?.waiting ? (
          <Link to="/tickets/$id" params={{ id: String(summary.waiting.id) }} className={css.ticket}>
            <StatusIcon status={summary.waiting.status} />
            <span className="clip">
              #{summary.waiting.id}{' '}
              {t(`waiting.${summary.waiting.status}` as 'waiting.pending_approval', {
                defaultValue: summary.waiting.title,
              })}
            </span>
            <span className="t3 s12">
              <Age at={summary.waiting.created_at} short />
            </span>
          </Link>
        ) : (
          summary && <span className="t3">—</span>
        )}
      </td>
      <td className={css.trend}>{summary && <Sparkline counts={summary.releases_30d} />}</td>
    </tr>
  )
}
