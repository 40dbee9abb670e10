/** Where else the project lives, and whom to ask: repository, bound resources, owners, contacts. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChartLine, Database, ExternalLink, GitBranch, Link2, Phone, Server, type LucideIcon } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Avatar, nameOf } from '@/components/Person'
import type { Schemas } from '@/lib/api/client'
import { resourcesQuery } from '@/lib/api/queries'
import { isWebAddress } from '@/lib/web'
import css from './Overview.module.css'

const ICONS: Record<Schemas['ResourceKind'], LucideIcon> = {
  server: Server,
  database: Database,
  dashboard: ChartLine,
  link: Link2,
}
const SHOWN = 6

function Line({
  icon: Icon,
  title,
  note,
  address,
}: {
  icon: LucideIcon
  title: string
  note?: string
  address: string
}) {
  const content = (
    <>
      <Icon size={15} aria-hidden className="t2" />
      <span className="b5 clip">{title}</span>
      {note && <span className={`${css.linkNote} clip`}>{note}</span>}
    </>
  )
  if (!isWebAddress(address)) return <span className={css.line}>{content}</span>
  return (
    <a className={css.line} href={address} target="_blank" rel="noreferrer">
      {content}
      <ExternalLink size={13} aria-hidden className={css.external} />
    </a>
  )
}

export function Links({ project }: { project: Schemas['Project'] }) {
  const { t } = useTranslation('overview')
  const { slug } = project
  const { data } = useQuery(resourcesQuery(slug))
  const resources = data?.results ?? []
  return (
    <section className="card" aria-label={t('links.title')}>
      <div className={css.links}>
        <Line
          icon={GitBranch}
          title={project.gitlab_path}
          note={t('links.repository')}
          address={project.repository_url}
        />
        {resources.slice(0, SHOWN).map((one) => (
          <Line
            key={one.id}
            icon={ICONS[one.kind]}
            title={one.name}
            note={[one.environment, isWebAddress(one.address) ? one.note : one.address].filter(Boolean).join(' · ')}
            address={one.address}
          />
        ))}
        {resources.length > SHOWN && (
          <Link to="/p/$project/settings/$tab" params={{ project: slug, tab: 'resources' }} className="link s12">
            {t('links.all', { count: resources.length })}
          </Link>
        )}
        <div className={css.people}>
          {project.owners.map((owner) => (
            <span key={owner.id} className="row">
              <Avatar person={owner} />
              <span>{nameOf(owner)}</span>
              <span className="t3 s12">{t('links.owner')}</span>
            </span>
          ))}
          {project.owners.length === 0 && <span className="t3">{t('links.no_owner')}</span>}
          {project.contacts.map((contact) => (
            <span key={contact.channel + contact.address} className={`row ${css.contact}`} title={contact.channel}>
              <Phone size={14} aria-hidden className="t3" />
              <span>{contact.name}</span>
              <span className="t2 s12 clip">{contact.address}</span>
            </span>
          ))}
        </div>
      </div>
    </section>
  )
}
