/** The service: its name from three parts, checked while typing with the fix in one click; and what people call it. */
import { Input, Select } from 'antd'
import { CircleAlert, CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field } from '@/components/form/Field'
import { TextArea } from '@/components/TextBox'
import { isServiceName, LONGEST, suggestedName } from '@/lib/serviceName'
import type { Part } from './form'
import { partsOf } from './model'
import css from './access.module.css'

const PARTS = ['business', 'type', 'suffix'] as const
const LIKE = { business: 'book', type: 'tomcat', suffix: 'n1' }

/** Whether the name is free, and what to take when it is not: the server's word once it has come, the rule until then. */
function Verdict({ form, problem, check, set }: Part) {
  const { t } = useTranslation('access')
  const { slug } = form
  const answer = check.holds('slug') ? check.answer : undefined
  const taken = answer?.taken_by
  const wrong =
    problem('slug') ?? (taken ? t(`name.taken.${taken}`) : slug && !isServiceName(slug) ? t('name.broken') : null)
  const fix = answer?.suggested_slug || suggestedName(slug)
  const job = answer?.creates.find((one) => one.what === 'job')
  return (
    <>
      <div className={css.name}>
        <span className="mono b6">{slug || '—'}</span>
        <span className="t3 s12 tnum">{t('name.length', { n: slug.length, most: LONGEST })}</span>
        {slug && !wrong && answer && (
          <span className={`${css.free} ${css.ok}`}>
            <CircleCheck size={14} aria-hidden />
            {t(job && job.exists !== null ? 'name.free' : 'name.free_here')}
          </span>
        )}
      </div>
      <div id="slug-text" className={css.under} aria-live="polite">
        {wrong ? (
          <>
            <CircleAlert size={13} aria-hidden className={css.wrong} />
            <span>
              <span className={css.wrong}>{wrong}</span>{' '}
              {fix && fix !== slug && (
                <button type="button" className="link" onClick={() => set(partsOf(fix), 'slug')}>
                  {t('name.use', { name: fix })}
                </button>
              )}
            </span>
          </>
        ) : (
          <span className="t3">{t('name.rule')}</span>
        )}
      </div>
    </>
  )
}

export function Service(part: Part) {
  const { t } = useTranslation('access')
  const { draft, set, problem, options } = part
  return (
    <section className={css.part} aria-labelledby="part-service">
      <h2 id="part-service" tabIndex={-1}>
        {t('part.service')}
      </h2>
      <div className={css.parts}>
        {PARTS.map((one) => (
          <div key={one} className={css.piece}>
            <Field id={one} label={t(`f.${one}`)}>
              <Input
                id={one}
                aria-describedby="slug-text"
                value={draft[one]}
                onChange={(event) => set({ [one]: event.target.value }, 'slug')}
                status={problem('slug') ? 'error' : undefined}
                placeholder={LIKE[one]}
                spellCheck={false}
                autoComplete="off"
                maxLength={100}
              />
            </Field>
          </div>
        ))}
        <Verdict {...part} />
      </div>
      <Field id="name" label={t('f.name')} problem={problem('name')}>
        <Input
          {...describedBy('name')}
          value={draft.name}
          maxLength={200}
          status={problem('name') ? 'error' : undefined}
          onChange={(event) => set({ name: event.target.value }, 'name')}
        />
      </Field>
      <Field id="language" label={t('f.language')} problem={problem('language')}>
        <Select
          {...describedBy('language')}
          aria-label={t('f.language')}
          value={draft.language || undefined}
          status={problem('language') ? 'error' : undefined}
          onChange={(language) => set({ language }, 'language')}
          options={options?.languages.map((one) => ({ value: one.slug, label: one.name })) ?? []}
        />
      </Field>
      <Field id="description" label={t('f.description')} problem={problem('description')} optional wide>
        <TextArea
          {...describedBy('description')}
          least={2}
          most={8}
          maxLength={4000}
          value={draft.description}
          onChange={(event) => set({ description: event.target.value }, 'description')}
        />
      </Field>
    </section>
  )
}
