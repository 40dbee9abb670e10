/** The service name with its rule shown while typing, and the fix in one click. */
import { Input } from 'antd'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field } from '@/components/form/Field'
import { isServiceName, LONGEST, suggestedName } from '@/lib/serviceName'
import css from './NewProject.module.css'

export function NameField({
  value,
  onChange,
  problem,
}: {
  value: string
  onChange: (slug: string) => void
  problem: string | null
}) {
  const { t } = useTranslation('projects')
  const suggestion = suggestedName(value)
  const good = isServiceName(value)
  const help =
    !value || good ? (
      <span className={css.rule}>
        {good && <CircleCheck size={13} aria-hidden className={css.ok} />}
        {t('form.rule')} <span className="tnum">{t('form.length', { n: value.length, most: LONGEST })}</span>
      </span>
    ) : (
      <span className={`${css.rule} ${css.wait}`}>
        <TriangleAlert size={13} aria-hidden />
        {t('form.rule_broken')}
        {suggestion && suggestion !== value && (
          <button type="button" className="link" onClick={() => onChange(suggestion)}>
            {t('form.use', { name: suggestion })}
          </button>
        )}
      </span>
    )
  return (
    <Field id="slug" label={t('form.slug')} help={help} problem={problem} wide>
      <Input
        {...describedBy('slug')}
        className="mono"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        status={problem ? 'error' : undefined}
        placeholder="book-tomcat-n1"
        spellCheck={false}
        autoComplete="off"
        maxLength={200}
      />
    </Field>
  )
}
