/** Under a field: what is wrong with it, what a standard says of it with one click that mends it, and what it keeps now. */
import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { TextArea } from '@/components/TextBox'
import { currentLanguage, sentence } from '@/lib/i18n'
import { LEAST_REASON, type Finding } from '../model/findings'
import { fieldId, useForm } from './context'
import css from './form.module.css'

const inLanguage = (finding: Finding, what: 'sentence' | 'reason'): string => finding[`${what}_${currentLanguage()}`]

/** "Use 60"; several values at once, or something that is no single value, are told in a word. */
function useLabelOfUse(): (finding: Finding) => string {
  const { t } = useTranslation('configuration')
  return ({ suggestion }) => {
    const value = suggestion.length === 1 ? suggestion[0]?.value : undefined
    return typeof value === 'number' || (typeof value === 'string' && value !== '')
      ? t('use', { value: String(value) })
      : t('use.all')
  }
}

function Explain({ finding }: { finding: Finding }) {
  const { t } = useTranslation('configuration')
  const form = useForm()
  const id = `${fieldId(finding.field)}-${finding.standard}`
  const text = form.explanations[finding.standard] ?? ''
  return (
    <div className={css.explain}>
      <label htmlFor={id}>{t('explain')}</label>
      <TextArea
        id={id}
        least={1}
        maxLength={2000}
        value={text}
        data-explains={finding.standard}
        onChange={(event) => form.explain(finding.standard, event.target.value)}
      />
      {text.trim().length < LEAST_REASON && <span className="t3 s12">{t('explain.least', { n: LEAST_REASON })}</span>}
    </div>
  )
}

function One({ finding }: { finding: Finding }) {
  const { t } = useTranslation('configuration')
  const form = useForm()
  const use = useLabelOfUse()
  const denied = finding.level === 'deny'
  const Icon = denied ? CircleX : TriangleAlert
  return (
    <div className={css.finding} data-level={finding.level} data-standard={finding.standard}>
      <Icon size={14} aria-hidden />
      <div className={css.findingText}>
        <p>
          <span className="hidden-visually">{t(denied ? 'level.deny' : 'level.warn')} </span>
          {inLanguage(finding, 'sentence')} <code title={inLanguage(finding, 'reason')}>{finding.standard}</code>
        </p>
        {finding.suggestion.length > 0 && !form.disabled && (
          <button type="button" className={css.use} onClick={() => form.use(finding)}>
            {use(finding)}
          </button>
        )}
        {!denied && !form.disabled && <Explain finding={finding} />}
      </div>
    </div>
  )
}

export function Findings({ pointer }: { pointer: string }) {
  const { t } = useTranslation('configuration')
  const form = useForm()
  const problems = form.problems.get(pointer) ?? []
  const findings = form.findings.get(pointer) ?? []
  const met = form.met.get(pointer) ?? []
  return (
    <div id={`${fieldId(pointer)}-text`} className={css.under} aria-live="polite">
      {problems.map((reason) => (
        <p key={reason.code} className={css.finding} data-level="deny">
          <CircleX size={14} aria-hidden />
          <span className={css.findingText}>{sentence(reason)}</span>
        </p>
      ))}
      {findings.map((finding) => (
        <One key={finding.standard} finding={finding} />
      ))}
      {met.map((finding) => (
        <p key={finding.standard} className={css.finding} data-level="met">
          <CircleCheck size={14} aria-hidden />
          <span className={css.findingText}>
            <span className="hidden-visually">{t('level.met')} </span>
            {inLanguage(finding, 'sentence')}
          </span>
        </p>
      ))}
    </div>
  )
}

/** For the field's control: wrong or to explain, so the border says so too. */
export function levelAt(form: ReturnType<typeof useForm>, pointer: string): 'deny' | 'warn' | undefined {
  if (form.problems.get(pointer)?.length) return 'deny'
  const levels = (form.findings.get(pointer) ?? []).map((one) => one.level)
  return levels.includes('deny') ? 'deny' : levels.includes('warn') ? 'warn' : undefined
}
