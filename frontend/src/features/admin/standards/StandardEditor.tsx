/** What administrators may change of a standard: levels, thresholds, languages, words; tried and shown as a diff before saving. */
import { InputNumber, Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import { problemOf, restOf } from '@/components/form/Field'
import { ManySelect } from '@/components/form/ManySelect'
import { TextArea } from '@/components/TextBox'
import { Labelled, SaveBar, type DiffRow } from '../parts/form'
import {
  LEVELS,
  levelField,
  placeholdersOf,
  TEXTS,
  thresholdField,
  TIERS,
  type Level,
  type Standard,
  type Values,
} from './model'
import { Said } from './Read'
import { Try } from './Try'
import { useStandardForm, type StandardForm } from './useStandardForm'
import { LevelWord, useLanguagesWord, useThresholdWords } from './words'
import admin from '../Admin.module.css'
import css from './standards.module.css'

type Props = { standard: Standard; languageNames: ReadonlyMap<string, string> }
type PartProps = Props & { form: StandardForm }

function useDiff({ standard, languageNames, form }: PartProps): DiffRow[] {
  const { t } = useTranslation(['standards', 'common'])
  const words = useThresholdWords()
  const languagesWord = useLanguagesWord(languageNames)
  const label: Record<string, string> = { languages: t('languages') }
  const said: Record<string, (value: Values[string]) => string | null> = {
    languages: (value) => languagesWord(value as string[]),
  }
  for (const tier of TIERS) {
    label[levelField(tier)] = t(`common:tier.${tier}`)
    said[levelField(tier)] = (value) => t(`level.${value as Level}`)
  }
  for (const { name, unit } of standard.limits) {
    label[thresholdField(name)] = words.name(name)
    said[thresholdField(name)] = (value) => words.number(value as number | null, unit)
  }
  for (const name of TEXTS) label[name] = t(name)
  return Object.keys(form.initial)
    .filter((name) => name in form.changes)
    .map((name) => {
      const say = said[name] ?? ((value: Values[string]) => String(value ?? '') || null)
      return { label: label[name] ?? name, before: say(form.initial[name]!), after: say(form.values[name]!) }
    })
}

function Levels({ form }: { form: StandardForm }) {
  const { t } = useTranslation(['standards', 'common'])
  const problem = problemOf(form.error, 'levels')
  return (
    <fieldset className={css.levels}>
      <legend className={css.legend}>{t('levels')}</legend>
      {TIERS.map((tier) => {
        const field = levelField(tier)
        return (
          <div key={tier} className={css.levelRow} data-changed={field in form.changes || undefined}>
            <span>{t(`common:tier.${tier}`)}</span>
            <Segmented<Level>
              name={`level-${tier}`}
              aria-label={t('level_in', { tier: t(`common:tier.${tier}`) })}
              value={form.values[field] as Level}
              onChange={(level) => form.set(field, level)}
              options={LEVELS.map((level) => ({ value: level, label: <LevelWord level={level} /> }))}
            />
          </div>
        )
      })}
      {problem && <p className={css.problem}>{problem}</p>}
    </fieldset>
  )
}

function Numbers({ standard, form }: PartProps) {
  const { t } = useTranslation('standards')
  const words = useThresholdWords()
  return (
    <div className={admin.pair}>
      {standard.limits.map(({ name, unit, least, most, usual }) => {
        const field = thresholdField(name)
        return (
          <Labelled
            key={name}
            label={words.name(name)}
            help={t('range', { least, most, usual: words.number(usual, unit) })}
            problem={problemOf(form.error, field)}
          >
            {(control) => (
              <InputNumber<number>
                {...control}
                suffix={words.unit(unit) || undefined}
                value={form.values[field] as number | null}
                onChange={(value) => form.set(field, value)}
                style={{ width: '100%' }}
              />
            )}
          </Labelled>
        )
      })}
    </div>
  )
}

function Languages({ form, languageNames }: PartProps) {
  const { t } = useTranslation('standards')
  const chosen = form.values.languages as string[]
  const slugs = [...new Set([...languageNames.keys(), ...chosen])]
  return (
    <Labelled label={t('languages')} help={t('languages_help')} problem={problemOf(form.error, 'languages')}>
      {(control) => (
        <ManySelect<string[]>
          {...control}
          aria-label={t('languages')}
          placeholder={t('all_languages')}
          value={chosen}
          options={slugs.map((slug) => ({ value: slug, label: languageNames.get(slug) ?? slug }))}
          onChange={(next) => form.set('languages', [...next].sort())}
          style={{ width: '100%' }}
        />
      )}
    </Labelled>
  )
}

function Texts({ standard, form }: PartProps) {
  const { t } = useTranslation('standards')
  const names = placeholdersOf(standard)
  return TEXTS.map((name) => (
    <Labelled
      key={name}
      label={t(name)}
      help={names && name.startsWith('sentence') && t('placeholders', { names })}
      problem={problemOf(form.error, name)}
    >
      {({ status, ...control }) => (
        <TextArea
          {...control}
          bad={Boolean(status)}
          lang={name.slice(-2)}
          maxLength={name.startsWith('sentence') ? 300 : 600}
          least={2}
          most={6}
          value={String(form.values[name] ?? '')}
          onChange={(event) => form.set(name, event.target.value)}
        />
      )}
    </Labelled>
  ))
}

export function StandardEditor({ standard, languageNames }: Props) {
  const { t } = useTranslation(['standards', 'common', 'admin'])
  const form = useStandardForm(standard)
  const part = { standard, languageNames, form }
  const rows = useDiff(part)
  const fields = ['levels', 'languages', ...TEXTS, ...standard.limits.map(({ name }) => thresholdField(name))]
  return (
    <>
      <Said standard={standard} />
      <div className={admin.fields}>
        {form.isRestored && form.dirty && (
          <p className="t3 s12">
            {t('common:draft.restored')}{' '}
            <button type="button" className="link" onClick={form.reset}>
              {t('common:draft.discard')}
            </button>
          </p>
        )}
        <Levels form={form} />
        {standard.limits.length > 0 && <Numbers {...part} />}
        <Languages {...part} />
      </div>
      <Try
        dirty={form.dirty}
        impact={form.impact}
        error={form.attemptError && restOf(form.error, fields) ? form.attemptError : null}
        pending={form.isTrying}
        onTry={form.attempt}
      />
      <div className={`${admin.fields} ${css.texts}`}>
        <Texts {...part} />
      </div>
      {form.dirty && (
        <SaveBar
          rows={rows}
          label={t('admin:save_changes')}
          fields={fields}
          pending={form.isSaving}
          error={form.saveError}
          onSave={form.save}
          onReset={form.reset}
          note={t('effect')}
        />
      )}
    </>
  )
}
