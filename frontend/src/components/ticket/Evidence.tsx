/** What testers said of this very image, with what they attached. */
import { useQuery } from '@tanstack/react-query'
import { Link2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { releaseQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { Section } from './Section'
import { ToneIcon } from './ToneIcon'
import type { Card } from './types'
import css from './ticket.module.css'

export function Evidence({ card }: { card: Card }) {
  const word = useEnvironmentWord()
  const { t } = useTranslation('ticket')
  const release = useQuery(releaseQuery(card.release?.digest ? card.release.id : null))
  if (!card.release?.digest) return null
  if (release.isError && !release.data)
    return (
      <Section title={t('evidence')}>
        <p className="row">
          <ToneIcon tone="odd" />
          {t('evidence_unread')}
        </p>
      </Section>
    )
  if (!release.data) return null
  const verdicts = release.data.verdicts.filter(
    (one) => one.environment.id !== card.environment?.id || card.kind === 'release',
  )
  return (
    <Section title={t('evidence')}>
      {verdicts.length === 0 && <p className="t2">{t('no_verdict_yet')}</p>}
      <ul className={css.list}>
        {verdicts.map((verdict) => (
          <li key={verdict.id} className={css.check}>
            <ToneIcon tone={verdict.outcome === 'passed' ? 'ok' : 'bad'} />
            <span className={css.stack}>
              <span>
                <span className="b5">
                  {t(verdict.outcome === 'passed' ? 'verdict_passed' : 'verdict_failed', {
                    name: nameOf(verdict.actor),
                  })}
                </span>{' '}
                <span className="t3 s12">
                  <Age at={verdict.created_at} />
                  {t('comma')}
                  {word(verdict.environment)}
                </span>
              </span>
              {verdict.comment && <q className="t2 s12">{verdict.comment}</q>}
              {verdict.evidence.length > 0 && (
                <span className={css.chips}>
                  {verdict.evidence.map((one) => (
                    <a key={one.url} href={one.url} target="_blank" rel="noreferrer" className={css.chip}>
                      <Link2 size={12} aria-hidden />
                      {one.title || one.url}
                    </a>
                  ))}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
