/** Where, why, what will happen, and two presses: the second one, under its own sentence, pulls. */
import { Select, type GetRef } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { Denied, RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { asApiError } from '@/lib/api/errors'
import { LONGEST, nameOfScope, SHORTEST, type Choices, type Scope } from './model'
import { PullConfirm } from './PullConfirm'
import { useScopeWord } from './say'
import { usePull } from './usePull'
import { WhatHappens } from './WhatHappens'
import css from './brakes.module.css'

type Props = {
  choices: Choices
  chosen: Scope | undefined
  takesFocus: boolean
  onFocus: () => void
  onChoose: (scope: Scope | undefined) => void
}

const SHOWN = ['cluster', 'reason']

export function PullForm({ choices, chosen, takesFocus, onFocus, onChoose }: Props) {
  const { t } = useTranslation('brakes')
  const scopeWord = useScopeWord()
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState(false)
  const [asking, setAsking] = useState(false)
  const select = useRef<GetRef<typeof Select>>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  const pull = usePull(() => {
    setReason('')
    setTried(false)
    setAsking(false)
    onChoose(undefined)
    document.getElementById('brakes-on')?.focus()
  })
  const error = pull.error ? asApiError(pull.error) : null
  const short = reason.trim().length < SHORTEST
  const words = {
    where: tried && !chosen ? t('where_missing') : problemOf(error, 'cluster'),
    reason: tried && short ? t('reason_short') : problemOf(error, 'reason'),
  }
  useEffect(() => {
    if (!takesFocus) return
    ;(chosen ? area : select).current?.focus()
    onFocus()
  }, [takesFocus, chosen, onFocus])

  /** What was confirmed is what is pulled: another place or reason has to be confirmed anew. */
  const edited = () => {
    setAsking(false)
    pull.reset()
  }
  const askOnce = () => {
    setTried(true)
    if (!chosen) return select.current?.focus()
    if (short) return area.current?.focus()
    setAsking(true)
  }
  return (
    <div className={css.form}>
      <div className={css.fields}>
        <Field id="brake-where" label={t('where')} problem={words.where} help={<OnAlready choices={choices} />}>
          <Select
            {...describedBy('brake-where')}
            ref={select}
            aria-label={t('where')}
            placeholder={t('where_choose')}
            showSearch={choices.free.length > 8}
            status={words.where ? 'error' : undefined}
            value={chosen && nameOfScope(chosen)}
            options={choices.free.map((scope) => ({ value: nameOfScope(scope), label: scopeWord(scope.cluster) }))}
            onChange={(name: string) => {
              edited()
              onChoose(choices.free.find((scope) => nameOfScope(scope) === name))
            }}
          />
        </Field>
        <Field id="brake-reason" label={t('reason')} problem={words.reason} help={t('reason_help')}>
          <TextArea
            {...describedBy('brake-reason')}
            ref={area}
            value={reason}
            bad={Boolean(words.reason)}
            maxLength={LONGEST}
            onChange={(event) => {
              edited()
              setReason(event.target.value)
            }}
          />
        </Field>
      </div>
      <WhatHappens scope={chosen} />
      {choices.refused[0] && (
        <Denied reason={choices.refused[0].may_pull}>
          {t('not_there', { names: choices.refused.map((scope) => scopeWord(scope.cluster)).join(t('list_comma')) })}
        </Denied>
      )}
      {restOf(error, SHOWN) && <RegionError error={error} />}
      {asking && chosen ? (
        <PullConfirm
          where={scopeWord(chosen.cluster)}
          busy={pull.isPending}
          onPull={() => pull.mutate({ cluster: chosen.cluster?.id ?? null, reason: reason.trim() })}
          onBack={edited}
        />
      ) : (
        <div className={css.buttons}>
          <KeyButton type="primary" shortcut="ctrl+enter" onPress={askOnce}>
            {t('pull_do')}
          </KeyButton>
        </div>
      )}
    </div>
  )
}

function OnAlready({ choices }: { choices: Choices }) {
  const { t } = useTranslation('brakes')
  const scopeWord = useScopeWord()
  if (!choices.on.length) return null
  return t('on_already', { names: choices.on.map((scope) => scopeWord(scope.cluster)).join(t('list_comma')) })
}
