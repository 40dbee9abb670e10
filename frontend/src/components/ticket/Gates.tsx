/** The preflight: findings first; what passed is folded when there is more than a few. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Check } from './checks'
import { useSay } from './say'
import { Section } from './Section'
import { ToneIcon } from './ToneIcon'
import css from './ticket.module.css'

const SHOWN = 3

/** A line of a list takes no full stop; two sentences keep theirs. */
const asLine = (text: string): string => (/[.。].+/.test(text) ? text : text.replace(/[.。]$/, ''))

export function CheckRow({ check }: { check: Check }) {
  const say = useSay()
  return (
    <li className={css.check} data-check={check.name}>
      <ToneIcon tone={check.tone} />
      <span>
        <span className={check.tone === 'ok' ? undefined : 'b5'}>{asLine(say(check.title))}</span>
        {check.detail && <span className="t2 s12 block">{say(check.detail)}</span>}
      </span>
    </li>
  )
}

export function Gates({ checks }: { checks: Check[] }) {
  const { t } = useTranslation('ticket')
  const [open, setOpen] = useState(false)
  const findings = checks.filter((check) => check.tone !== 'ok')
  const passed = checks.filter((check) => check.tone === 'ok')
  if (!checks.length) return null
  const first = open || passed.length <= SHOWN + 1 ? passed : passed.slice(0, SHOWN)
  const note = [
    passed.length ? t('passed_count', { count: passed.length }) : '',
    findings.length ? t('finding_count', { count: findings.length }) : '',
  ]
    .filter(Boolean)
    .join(t('comma'))
  return (
    <Section title={t('preflight')} note={note}>
      <ul className={css.list}>
        {[...findings, ...first].map((check) => (
          <CheckRow key={check.name} check={check} />
        ))}
      </ul>
      {first.length < passed.length && (
        <button type="button" className={`link s12 ${css.indented}`} onClick={() => setOpen(true)}>
          {t('more_passed', { count: passed.length - first.length })}
        </button>
      )}
    </Section>
  )
}
