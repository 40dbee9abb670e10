/** What is said over the screen while the connection is away and when it is back. Never written into the screen itself. */
import { Button } from 'antd'
import { Plug, TriangleAlert, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import type { LinkState } from '@/lib/terminal/link'
import { duration } from '@/lib/time'
import css from './terminals.module.css'

export function AwayStrip({ state, again }: { state: LinkState; again: () => void }) {
  const { t } = useTranslation('terminals')
  if (state.phase === 'open' || state.phase === 'connecting' || state.phase === 'ended') return null
  const isError = state.phase === 'failed' && state.error instanceof Error
  const text =
    state.phase === 'taken_over'
      ? t('strip.taken_over')
      : state.phase === 'failed'
        ? isError
          ? sentence(asApiError(state.error))
          : t('strip.failed')
        : t('strip.away')
  return (
    <div className={css.strip} role="status">
      <TriangleAlert size={15} aria-hidden className={css.stripWarn} />
      <span className="grow">{text}</span>
      {state.phase !== 'away' && (
        <Button size="small" onClick={again}>
          {t(state.phase === 'taken_over' ? 'strip.take_back' : 'strip.again')}
        </Button>
      )}
    </div>
  )
}

export function BackStrip({ state }: { state: LinkState }) {
  const { t } = useTranslation('terminals')
  const { t: common } = useTranslation()
  const [closed, setClosed] = useState<number | null>(null)
  const { wasAway, missed } = state
  if (state.phase !== 'open' || wasAway === null || closed === wasAway) return null
  const away = duration(Math.max(1, wasAway / 1000), common)
  return (
    <div className={css.strip} role="status">
      <Plug size={15} aria-hidden className={css.stripOk} />
      <span className="grow">{missed ? t('strip.missed', { away, bytes: missed }) : t('strip.back', { away })}</span>
      <button type="button" className={css.x} aria-label={common('close')} onClick={() => setClosed(wasAway)}>
        <X size={14} aria-hidden />
      </button>
    </div>
  )
}
