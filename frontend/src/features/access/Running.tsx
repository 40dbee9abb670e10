/** How it runs: environments, where it is deployed, what starts and stops it (arguments, never shell text), and from where it comes. */
import { Checkbox, Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { describedBy, Field } from '@/components/form/Field'
import { Segments } from '@/components/Segments'
import { TextArea } from '@/components/TextBox'
import type { Part } from './form'
import { argvOf } from './model'
import css from './access.module.css'

const COMMANDS = ['start_command', 'stop_command'] as const
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

function Command({ name, part }: { name: (typeof COMMANDS)[number]; part: Part }) {
  const { t } = useTranslation('access')
  const { draft, set, problem } = part
  const count = argvOf(draft[name]).length
  return (
    <Field
      id={name}
      label={t(`f.${name}`)}
      help={count ? t('arguments', { count }) : t('help.command')}
      problem={problem(name)}
      optional
    >
      <TextArea
        {...describedBy(name)}
        className="mono"
        spellCheck={false}
        least={3}
        most={8}
        bad={Boolean(problem(name))}
        placeholder={name === 'start_command' ? 'java\n-jar\napp.jar' : '/app/stop.sh'}
        value={draft[name]}
        onChange={(event) => set({ [name]: event.target.value }, name)}
      />
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
      <Field id="deploy_path" label={t('f.deploy_path')} problem={problem('deploy_path')} optional>
        <Input
          {...describedBy('deploy_path')}
          className="mono"
          placeholder="/data/app"
          spellCheck={false}
          value={draft.deploy_path}
          status={problem('deploy_path') ? 'error' : undefined}
          onChange={(event) => set({ deploy_path: event.target.value }, 'deploy_path')}
        />
      </Field>
      <Field id="log_path" label={t('f.log_path')} help={t('help.log_path')} problem={problem('log_path')} group>
        <Segments
          aria-label={t('f.log_path')}
          value={draft.log_path}
          options={[
            { value: '', label: t('log.none') },
            { value: 'stdout', label: 'stdout' },
          ]}
          onChange={(log_path) => set({ log_path }, 'log_path')}
        />
      </Field>
      {COMMANDS.map((name) => (
        <Command key={name} name={name} part={part} />
      ))}
      <Field
        id="callback"
        label={t('f.callback')}
        help={t('help.callback')}
        problem={problem('callback')}
        optional
        wide
      >
        <Input
          {...describedBy('callback')}
          className="mono"
          type="url"
          placeholder="https://"
          spellCheck={false}
          value={draft.callback}
          status={problem('callback') ? 'error' : undefined}
          onChange={(event) => set({ callback: event.target.value }, 'callback')}
        />
      </Field>
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
