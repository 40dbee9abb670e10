/** The name of an environment and, under it, who keeps it or what it takes to get in. */
import { Lock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import { shortAge, useNow } from '@/lib/time'
import type { Row } from './board'
import css from './Board.module.css'

const GATED = ['staging', 'production']

function LockLine({ lock }: { lock: NonNullable<Row['lock']> }) {
  const { t } = useTranslation('overview')
  const { t: common } = useTranslation()
  const now = useNow(30_000)
  const name = nameOf(lock.by)
  const left = lock.until ? shortAge(Math.max(0, (new Date(lock.until).getTime() - now) / 1000), common) : ''
  return (
    <span className={css.under} title={lock.reason}>
      <Lock size={12} aria-hidden />
      <span className="clip">{left ? t('env.locked_for', { name, left }) : t('env.locked', { name })}</span>
      <span className="hidden-visually">{lock.reason}</span>
    </span>
  )
}

export function EnvironmentHead({ row }: { row: Row }) {
  const { t } = useTranslation('overview')
  const { environment, lock, approvals_needed: count } = row
  return (
    <>
      <span className={`${css.name} clip`}>{environment.name}</span>
      {lock ? (
        <LockLine lock={lock} />
      ) : (
        <span className={css.under}>
          {!GATED.includes(environment.tier)
            ? t('env.free')
            : count > 0
              ? t('env.approvals', { count })
              : t('env.tester')}
        </span>
      )}
    </>
  )
}
