/** The virtual machines that take their share, from the project's resources; and the ones that take none for their address. */
import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Revision } from './model'
import css from './migration.module.css'

export function Servers({ project, revision }: { project: string; revision: Revision }) {
  const { t } = useTranslation('migration')
  const { vm_servers: servers, unusable_servers: unusable } = revision
  return (
    <div className={css.servers}>
      {servers.length > 0 ? (
        <ul className={css.addresses}>
          {servers.map((address) => (
            <li key={address} className="mono">
              {address}
            </li>
          ))}
        </ul>
      ) : (
        <p className="t2">{t('vm.none')}</p>
      )}
      {unusable.map(({ id, name, address }) => (
        <p key={id} className={css.unusable}>
          <TriangleAlert size={14} aria-hidden />
          <span>{t('vm.unusable', { name, address: address || '—' })}</span>
        </p>
      ))}
      <p>
        <Link to="/p/$project/settings/$tab" params={{ project, tab: 'resources' }} className="link">
          {t('vm.bind')}
        </Link>
      </p>
    </div>
  )
}
