/** The test of one outside system: the last result, and a new one line by line. Tests what is saved, not what is typed. */
import { Button } from 'antd'
import { PlugZap } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { RegionError } from '@/components/states'
import { Status } from '@/components/Status'
import { SYSTEM_PATH } from '@/lib/api/queries'
import { Checklist } from './Checklist'
import { testUrl, type Kind, type Row } from './kinds'
import { useCheck } from './useCheck'
import css from '../Admin.module.css'

export function ConnectionTest({ kind, row, dirty }: { kind: Kind; row: Row; dirty: boolean }) {
  const { t } = useTranslation('admin')
  const { run, start } = useCheck(testUrl(kind, row.name), SYSTEM_PATH[kind])
  const checks = run?.checks ?? row.last_check?.checks ?? []
  const result = run ? run.end : row.last_check
  const red = checks.filter((check) => check.outcome === 'failed').length
  return (
    <section className={css.blockFirst} aria-labelledby="connection-test">
      <div className={css.testHead}>
        <h2 id="connection-test" className={css.blockTitle}>
          {t('check.title')}
        </h2>
        <span className="grow" role="status">
          {run?.running ? (
            <span className="t2 s12">{t('check.so_far', { count: checks.length })}</span>
          ) : (
            result && (
              <span className="row">
                <Status
                  status={result.ok ? 'passed' : 'failed'}
                  label={result.ok ? t('check.ok') : t('check.red', { count: red })}
                  plain
                />
                <span className="t3 s12">
                  <Age at={result.at} />
                </span>
              </span>
            )
          )}
        </span>
        <Button
          size="small"
          icon={<PlugZap size={14} aria-hidden />}
          onClick={start}
          loading={run?.running && { delay: 300 }}
        >
          {t(result || run ? 'check.again' : 'check.start')}
        </Button>
      </div>
      {dirty && <p className="t3 s12">{t('check.saved_only')}</p>}
      {run?.error && <RegionError error={run.error} retry={start} />}
      {checks.length > 0 || run?.running ? (
        <Checklist checks={checks} running={run?.running} expected={row.last_check?.checks.map(({ name }) => name)} />
      ) : (
        !run?.error && <p className="t2">{t('check.none')}</p>
      )}
    </section>
  )
}
