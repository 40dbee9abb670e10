/** Where a service is deployed, where its log goes, what starts and stops it and who is called: in the wizard and in the project's settings. Speaks `access`. */
import { Input } from 'antd'
import { useTranslation } from 'react-i18next'
import { Segments } from '@/components/Segments'
import { TextArea } from '@/components/TextBox'
import { describedBy, Field } from './Field'
import { argvOf, type RunningDraft, type RunningField } from './running'

type Props = {
  draft: RunningDraft
  set: (part: Partial<RunningDraft>, field: RunningField) => void
  problem: (field: RunningField) => string | null
  /** a file that is written to already: it may stay, and nobody is asked to begin one (W12) */
  logFile?: string
}

function Command({ name, draft, set, problem }: Props & { name: 'start_command' | 'stop_command' }) {
  const { t } = useTranslation('access')
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

export function RunningFields(props: Props) {
  const { t } = useTranslation('access')
  const { draft, set, problem, logFile } = props
  const isFile = Boolean(logFile) && logFile !== 'stdout'
  return (
    <>
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
            ...(isFile && logFile ? [{ value: logFile, label: logFile }] : []),
          ]}
          onChange={(log_path) => set({ log_path }, 'log_path')}
        />
      </Field>
      <Command name="start_command" {...props} />
      <Command name="stop_command" {...props} />
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
    </>
  )
}
