/** The foot of the rail: what happens next in one sentence, and the button; or, where it may not be, why not. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { ReactNode } from 'react'
import { KeyButton } from '@/components/Key'
import { Denied } from '@/components/states'
import { sentence } from '@/lib/i18n'
import { blockers } from './logic'
import type { Asked } from './PreviewRail'
import css from './filing.module.css'

type Props = {
  asked: Asked
  says: ReactNode
  label: string
  busy: boolean
  onPress: () => void
  why: { project: string; environment?: string; action: string }
}

export function Act({ asked, says, label, busy, onPress, why }: Props) {
  const { t } = useTranslation('filing')
  const { t: common } = useTranslation()
  const { data, error } = asked
  if (error?.isDenied)
    return (
      <div className={css.deniedBar}>
        <Denied reason={error}>
          <Link
            to="/settings/$tab"
            params={{ tab: 'why' }}
            search={{ project: why.project, env: why.environment, action: why.action }}
            className="link"
          >
            {common('why')}
          </Link>
        </Denied>
      </div>
    )
  const stops = data && !asked.isBehind && !data.can_file ? blockers(data) : []
  if (stops.length) return <span className="t2">{stops.map((stop) => sentence(stop)).join(' ')}</span>
  const notChecked = data && !data.can_file && !asked.isBehind
  return (
    <>
      <span className={`t2 s12 ${css.note}`}>{notChecked ? t('act.not_checked') : says}</span>
      <KeyButton type="primary" shortcut="ctrl+enter" loading={busy ? { delay: 300 } : false} onPress={onPress}>
        {label}
      </KeyButton>
    </>
  )
}
