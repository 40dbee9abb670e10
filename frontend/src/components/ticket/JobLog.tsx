/** What a pre-rollout Job ran, how it ended, and the end of its log. Draws only. */
import { useTranslation } from 'react-i18next'
import type { JobRun } from './job'
import css from './JobLog.module.css'

export function JobLog({ run, open = false }: { run: JobRun; open?: boolean }) {
  const { t } = useTranslation('ticket')
  return (
    <details className={css.job} open={open}>
      <summary className="s12">
        {run.exitCode === null ? t('job.log') : t('job.log_ended', { code: run.exitCode })}
      </summary>
      <code className={css.command}>{run.command.join(' ')}</code>
      {run.isCut && <p className="t2 s12">{t('job.cut')}</p>}
      {run.log ? (
        <pre role="group" aria-label={t('job.log')} tabIndex={0}>
          {run.log}
        </pre>
      ) : (
        <p className="t2 s12">{t('job.silent')}</p>
      )}
    </details>
  )
}
