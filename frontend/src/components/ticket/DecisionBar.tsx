/** The bar under a decision: exactly what is approved, a comment, Reject and Approve; or the sentence that is left instead. */
import { Fingerprint as FingerprintIcon } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Fingerprint } from '@/components/Fingerprint'
import { KeyButton } from '@/components/Key'
import { TextBox } from '@/components/TextBox'
import { usePageActions } from '@/lib/actions'
import { sentence } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'
import { isAccessKind } from '@/lib/status'
import { BarSentence } from './BarSentence'
import { ChangedBand } from './ChangedBand'
import { useSay } from './say'
import type { Card, Said } from './types'
import { useDecision, type Decision } from './useDecision'
import css from './bar.module.css'

/** What approving sets off, in words: more people, a time, a queue, or at once. */
export function afterApproval(card: Card): 'more' | 'planned' | 'queue' | 'once' {
  if (card.approvals_needed - card.approvals_given > 1) return 'more'
  if (card.planned_at && Date.parse(card.planned_at) > Date.now()) return 'planned'
  return card.place_in_queue ? 'queue' : 'once'
}

const saidAfter = (card: Card): Said => {
  const what = afterApproval(card)
  if (what === 'more') return { key: 'after.more', params: { count: card.approvals_needed - card.approvals_given - 1 } }
  if (what === 'planned') return { key: 'after.planned', params: { at: card.planned_at ?? '' } }
  return what === 'queue' ? { key: 'after.queue', params: { count: card.place_in_queue ?? 0 } } : { key: 'after.once' }
}

/** Says "Approving…" from 300 ms, at the width the button had. */
function useLate(on: boolean): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!on) return undefined
    const timer = setTimeout(() => setLate(true), 300)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [on])
  return on && late
}

type Props = {
  card: Card
  onDone?: () => void
  /** sentences for those who cannot decide are told elsewhere */ onlyDeciding?: boolean
}

export function DecisionBar({ card, onDone, onlyDeciding = false }: Props) {
  const decision = useDecision(card, onDone)
  const { bar, read } = decision
  if (bar.kind === 'none' || (onlyDeciding && (bar.kind === 'own' || bar.kind === 'denied'))) return null
  return (
    <div className={css.sticky}>
      {bar.kind === 'changed' && (
        <ChangedBand card={card} old={read.fingerprint} groups={bar.groups} voided={bar.voided} />
      )}
      {bar.kind === 'decide' || bar.kind === 'changed' ? (
        <Buttons card={card} decision={decision} />
      ) : (
        <div className={css.bar}>
          <BarSentence bar={bar} card={card} />
        </div>
      )}
    </div>
  )
}

function Buttons({ card, decision }: { card: Card; decision: Decision }) {
  const { t } = useTranslation('ticket')
  const say = useSay()
  const phone = useIsPhone()
  const { bar, armed, comment, decide, error } = decision
  const field = useRef<HTMLInputElement>(null)
  const approveButton = useRef<HTMLButtonElement>(null)
  const rejectButton = useRef<HTMLButtonElement>(null)
  const [rejecting, setRejecting] = useState(false)
  const [missing, setMissing] = useState(false)
  const approving = useLate(decide.isPending && decide.variables === 'approve')
  const isNew = bar.kind === 'changed'
  const written = comment.value.trim() !== ''

  const approve = () => {
    if (armed && !decide.isPending) decide.mutate('approve')
  }
  const reject = () => {
    if (decide.isPending) return
    if (written) decide.mutate('reject')
    else {
      setRejecting(true)
      setMissing(true)
      field.current?.focus()
    }
  }
  const startRejecting = () => {
    setRejecting(true)
    if (written) rejectButton.current?.focus()
    else field.current?.focus()
  }
  const startApproving = () => {
    setRejecting(false)
    approveButton.current?.focus()
  }
  usePageActions([
    { id: 'approve', label: t('approve'), hint: `#${card.id}`, shortcut: 'a', run: startApproving },
    { id: 'reject', label: t('reject'), hint: `#${card.id}`, shortcut: 'r', run: startRejecting },
  ])
  const label = isNew ? t('approve_new') : phone ? t('approve') : t('approve_then', { then: say(saidAfter(card)) })
  const hint = missing && !written ? t('reason_needed') : rejecting ? t('enter_rejects') : ''
  return (
    <>
      {error && (
        <p className={css.error} role="alert">
          {sentence(error)}
        </p>
      )}
      <div className={css.bar}>
        {!phone && card.fingerprint && (
          <div className={css.exactly}>
            <FingerprintIcon size={18} aria-hidden className="t2" />
            <div className="s12">
              <div className={css.printLine}>
                {t('exactly')} <Fingerprint value={card.fingerprint} />
              </div>
              <div className="t2">{t('voids')}</div>
            </div>
          </div>
        )}
        <div className={css.comment}>
          <TextBox
            ref={field}
            value={comment.value}
            placeholder={t('comment_placeholder')}
            aria-label={t('comment_placeholder')}
            maxLength={10_000}
            bad={Boolean(error) || (missing && !written)}
            aria-describedby={hint ? 'decision-hint' : undefined}
            onChange={(event) => comment.change(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') {
                setRejecting(false)
                setMissing(false)
                event.currentTarget.blur()
              }
              if (event.key === 'Enter' && rejecting && !event.nativeEvent.isComposing) reject()
            }}
          />
          {hint && (
            <div id="decision-hint" className={`${css.hint} ${missing && !written ? css.hintBad : ''}`} role="status">
              {hint}
            </div>
          )}
        </div>
        <div className={css.buttons}>
          <KeyButton
            ref={rejectButton}
            shortcut="r"
            onPress={reject}
            onKey={startRejecting}
            size={phone ? 'large' : 'middle'}
          >
            {t('reject')}
          </KeyButton>
          <KeyButton
            ref={approveButton}
            type="primary"
            shortcut="a"
            onPress={approve}
            onKey={startApproving}
            size={phone ? 'large' : 'middle'}
            aria-disabled={!armed || decide.isPending}
            className={armed ? undefined : css.resting}
          >
            <span className={css.hold}>
              <span className={approving ? css.unseen : undefined}>{label}</span>
              {approving && <span>{t('approving')}</span>}
            </span>
          </KeyButton>
        </div>
        {phone && (
          <p className={css.grace}>
            {say(saidAfter(card)).replace(/^./, (c) => c.toUpperCase())}
            {t('full_stop')}
            {!isAccessKind(card.kind) && card.kind !== 'resync_jobs' && (
              <>
                {t('sentence_space')}
                {t('grace')}
              </>
            )}
          </p>
        )}
        {isNew && !armed && (
          <span className="hidden-visually" role="status">
            {t('band.resting')}
          </span>
        )}
      </div>
    </>
  )
}
