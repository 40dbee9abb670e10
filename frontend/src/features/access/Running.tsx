/** How it runs: environments, where it is deployed, what starts and stops it (arguments, never shell text), and from where it comes. */
import { Checkbox } from 'antd'
import { useTranslation } from 'react-i18next'
import { describedBy, Field } from '@/components/form/Field'
import { RunningFields } from '@/components/form/RunningFields'
import { Segments } from '@/components/Segments'
import { TextArea } from '@/components/TextBox'
import type { Part } from './form'
import css from './access.module.css'

const STATES = ['vm', 'mixed', 'container'] as const

function Environments({ draft, set, problem, options }: Part) {
  const { t } = useTranslation('access')
  const { t: common } = useTranslation()
  const all = options?.environments ?? []
  return (
    <Field
      id="environments"
      label={t('f.environments')}
      help={options && !all.length ? t('no_environment') : undefined}
      problem={problem('environments')}
      group
      wide
    >
      <Checkbox.Group
        className={css.environments}
        value={draft.environments}
        onChange={(values) =>
          set({ environments: all.map((one) => one.slug).filter((slug) => values.includes(slug)) }, 'environments')
        }
      >
        {all.map((one, index) => (
          <Checkbox key={one.slug} value={one.slug} id={index === 0 ? 'environments' : undefined}>
            <span className="b5">{one.name}</span>{' '}
            {one.name.toLowerCase() !== one.tier && (
              <span className="t2 s12">{common(`tier.${one.tier}` as 'tier.test', { defaultValue: one.tier })}</span>
            )}
          </Checkbox>
        ))}
      </Checkbox.Group>
    </Field>
  )
}

export function Running(part: Part) {
  const { t } = useTranslation('access')
  const { draft, set, problem } = part
  return (
    <section className={css.part} aria-labelledby="part-running">
      <h2 id="part-running" tabIndex={-1}>
        {t('part.running')}
      </h2>
      <Environments {...part} />
      <Field id="migration" label={t('f.migration')} problem={problem('migration')} group wide>
        <Segments
          aria-label={t('f.migration')}
          value={draft.migration}
          options={STATES.map((value) => ({ value, label: t(`migration.${value}`) }))}
          onChange={(migration) => set({ migration }, 'migration')}
        />
      </Field>
      <RunningFields draft={draft} set={set} problem={problem} />
      <Field id="note" label={t('f.note')} problem={problem('note')} optional wide>
        <TextArea
          {...describedBy('note')}
          least={2}
          most={8}
          maxLength={4000}
          placeholder={t('note_like')}
          value={draft.note}
          onChange={(event) => set({ note: event.target.value }, 'note')}
        />
      </Field>
    </section>
  )
}
