/** Why a ticket goes no further while an emergency brake is on, and the way to it. */
import { Link } from '@tanstack/react-router'
import { OctagonPause } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { sentence, type Reason } from '@/lib/i18n'
import css from './ticket.module.css'

export const HeldIcon = () => <OctagonPause size={16} aria-hidden className={css.bad} />

export function BrakeLink() {
  const { t } = useTranslation('ticket')
  return (
    <Link to="/brakes" className="link">
      {t('to_brake')}
    </Link>
  )
}

export function Held({ reason }: { reason: Reason }) {
  return (
    <span data-held>
      {sentence(reason)} <BrakeLink />
    </span>
  )
}
