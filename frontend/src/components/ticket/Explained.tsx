/** What a configuration departs from and why, in the requester's words; and whether it takes fields of others. Else nothing. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Section } from './Section'
import { ToneIcon } from './ToneIcon'
import type { Card } from './types'
import css from './ticket.module.css'

const reasonsOf = (form: Card['form']): [string, string][] => {
  const given: unknown = form.explanations
  return typeof given === 'object' && given !== null
    ? Object.entries(given).map(([standard, text]) => [standard, String(text)])
    : []
}

export function Explained({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  if (card.kind !== 'configure' || !card.environment) return null
  const reasons = reasonsOf(card.form)
  const name = typeof card.form.name === 'string' ? card.form.name : card.project.slug
  const params = { project: card.project.slug, environment: card.environment.slug, name }
  return (
    <Section
      title={t('explained')}
      end={
        <Link to="/p/$project/configuration/$environment/$name/revisions" params={params} className="link s12">
          {t('explained_revisions')}
        </Link>
      }
    >
      <ul className={css.list}>
        {reasons.map(([standard, text]) => (
          <li key={standard} className={css.check}>
            <ToneIcon tone="warn" />
            <span className={css.stack}>
              <code>{standard}</code>
              <q>{text}</q>
            </span>
          </li>
        ))}
        {card.form.take_over === true && (
          <li className={css.check}>
            <ToneIcon tone="warn" />
            <span>{t('takes_over')}</span>
          </li>
        )}
      </ul>
      {!reasons.length && <p className="t2">{t('explained_none')}</p>}
    </Section>
  )
}
