/** What stays to be done and is no ticket: pods that were touched by hand and still run. Gone when they are recycled. */
import { Link } from '@tanstack/react-router'
import { Hand } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import type { Schemas } from '@/lib/api/client'
import { sentence } from '@/lib/i18n'
import css from './inbox.module.css'

type Reminder = Schemas['Reminder']

export function Reminders({ rows }: { rows: readonly Reminder[] }) {
  const { t } = useTranslation('inbox')
  if (!rows.length) return null
  return (
    <section aria-label={t('group.touched')}>
      <header className={css.group}>
        <h2>{t('group.touched')}</h2>
      </header>
      <ul>
        {rows.map((row) => (
          <li key={`${row.what}:${row.id}`}>
            <Link to="/terminals/$id" params={{ id: String(row.id) }} className={css.reminder} data-reminder={row.id}>
              <Hand size={16} aria-hidden />
              <span>{sentence(row)}</span>
              <span className={css.age}>
                <Age at={row.at} short />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
