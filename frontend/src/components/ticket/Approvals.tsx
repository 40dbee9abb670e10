/** Who decided, who still may, and decisions that are void: struck, with the line that voided them. */
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { nameOf } from '@/components/Person'
import { sentence } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { DiffBlocks } from './ChangeDiff'
import { movedLines } from './diff'
import { Section } from './Section'
import { ToneIcon } from './ToneIcon'
import { targetsOf, type Card } from './types'
import type { Schemas } from '@/lib/api/client'
import css from './ticket.module.css'

function Decision({ one, card }: { one: Schemas['Approval']; card: Card }) {
  const { t } = useTranslation('ticket')
  const isVoid = Boolean(one.voided_at)
  const lines = isVoid ? movedLines(one.changed_lines, card.change) : []
  const note =
    one.decision !== 'approve'
      ? t('rejected')
      : isVoid
        ? t('void')
        : !one.fingerprint || one.fingerprint === card.fingerprint
          ? t('same_fingerprint')
          : t('other_fingerprint')
  return (
    <li className={css.check} data-void={isVoid || undefined}>
      <ToneIcon tone={isVoid ? 'off' : one.decision === 'approve' ? 'ok' : 'bad'} />
      <span className={css.stack}>
        <span>
          <span className={`b5 ${isVoid ? css.struck : ''}`}>{nameOf(one.actor)}</span>{' '}
          <span className="t3 s12">
            <Age at={one.created_at} />
            {t('comma')}
            {note}
          </span>
        </span>
        {one.comment && <q className={`t2 s12 ${isVoid ? css.struck : ''}`}>{one.comment}</q>}
        {one.void_reason && <span className="t2 s12">{sentence(one.void_reason)}</span>}
        {lines.length > 0 && <DiffBlocks groups={lines} total={targetsOf(card.change).length} />}
      </span>
    </li>
  )
}

export function Approvals({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const me = useMe()
  if (!card.approvals_needed && !card.approvals.length) return null
  const decided = card.approvals.toSorted((a, b) => a.created_at.localeCompare(b.created_at))
  const gave = new Set(decided.filter((one) => !one.voided_at).map((one) => one.actor.id))
  const open = card.status === 'pending_approval' || card.status === 'pending_confirmation'
  const left = open ? card.who_may_decide.filter((person) => !gave.has(person.id)) : []
  const mine = left.find((person) => person.id === me.id)
  const others = left.filter((person) => person.id !== me.id).map(nameOf)
  return (
    <Section
      title={t('approvals')}
      note={t('approvals_of', { given: card.approvals_given, needed: card.approvals_needed })}
    >
      <ul className={css.list}>
        {decided
          .filter((one) => !one.voided_at)
          .map((one) => (
            <Decision key={one.id} one={one} card={card} />
          ))}
        {mine && (
          <li className={css.check}>
            <ToneIcon tone="wait" />
            <span className="b5">{t('you')}</span>
          </li>
        )}
        {others.length > 0 && (
          <li className={css.check}>
            <ToneIcon tone={mine ? 'off' : 'wait'} />
            <span>{t(mine ? 'or_these' : 'these_may', { names: others.join(t('list_comma')) })}</span>
          </li>
        )}
        {open && !left.length && card.approvals_given < card.approvals_needed && (
          <li className={css.check}>
            <ToneIcon tone="warn" />
            <span>{t('nobody_may')}</span>
          </li>
        )}
        {decided
          .filter((one) => one.voided_at)
          .map((one) => (
            <Decision key={one.id} one={one} card={card} />
          ))}
      </ul>
    </Section>
  )
}
