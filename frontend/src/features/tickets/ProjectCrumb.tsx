/** The project in a ticket's breadcrumb: a link to its members. Ops of anywhere read the tickets that bring one in; to them it is a name. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Card } from '@/components/ticket/types'
import { whyQuery } from '@/lib/api/queries'

export function ProjectCrumb({ project: { id, slug } }: { project: Card['project'] }) {
  const right = useQuery(whyQuery({ action: 'project.read', project: id }))
  if (!right.data?.allowed) return <span className="t2 clip">{slug}</span>
  return (
    <Link to="/p/$project" params={{ project: slug }} className="t2 clip">
      {slug}
    </Link>
  )
}
