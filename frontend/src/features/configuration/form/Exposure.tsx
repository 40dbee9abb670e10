/** Who calls the workload, as two questions; what kind of Service that makes is said at once (W5). */
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { valueAt } from '../model/document'
import type { Node } from '../model/schema'
import { useForm } from './context'
import { TextField, type FieldProps } from './Fields'
import { Findings } from './Findings'
import css from './form.module.css'

export const isExposure = (pointer: string, node: Node): boolean =>
  pointer === '/exposure' && Boolean(node.properties?.inside_only && node.properties.host)

export type ServiceType = 'none' | 'inside' | 'ingress' | 'balancer'

/** docs/configuration.md, "Exposure": inside: ClusterIP; with a host: ClusterIP behind an Ingress; else LoadBalancer. */
export function serviceOf(workload: unknown, ports: unknown, exposure: { inside: boolean; host: string }): ServiceType {
  if (workload === 'cron' || !Array.isArray(ports) || !ports.length) return 'none'
  if (exposure.inside) return 'inside'
  return exposure.host ? 'ingress' : 'balancer'
}

type AskProps = {
  question: string
  value: boolean
  options: readonly [boolean, string][]
  disabled: boolean
  onAnswer: (value: boolean) => void
  onFocus: () => void
}

function Ask({ question, value, options, disabled, onAnswer, onFocus }: AskProps) {
  const name = useId()
  return (
    <fieldset className={css.ask}>
      <legend className={css.label}>{question}</legend>
      {options.map(([answer, text]) => (
        <label key={String(answer)} className={css.check}>
          <input
            type="radio"
            name={name}
            checked={value === answer}
            disabled={disabled}
            onFocus={onFocus}
            onChange={() => onAnswer(answer)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  )
}

export function Exposure({ pointer, node }: FieldProps) {
  const { t } = useTranslation('configuration')
  const form = useForm()
  const host = valueAt(form.shown, `${pointer}/host`)
  const inside = valueAt(form.shown, `${pointer}/inside_only`) !== false
  // "Yes, by host name" is an answer before the name is typed.
  const [wantsHost, setWantsHost] = useState(Boolean(host))
  const byHost = wantsHost || Boolean(host)
  const result = serviceOf(valueAt(form.shown, '/workload'), valueAt(form.shown, '/ports'), {
    inside,
    host: typeof host === 'string' ? host : '',
  })
  const answer = (next: { inside_only: boolean; host: string }) => form.change(pointer, next)
  const shared = { disabled: form.disabled, onFocus: () => form.focus(pointer) }
  return (
    <div className={css.group} data-pointer={pointer}>
      <p className="t2" role="status">
        {t('exposure.result')} <strong className="b5">{t(`exposure.${result}`)}</strong>
      </p>
      <div className={css.asks}>
        <Ask
          question={t('exposure.who')}
          value={inside}
          options={[
            [true, t('exposure.pods')],
            [false, t('exposure.others')],
          ]}
          onAnswer={(only) => {
            setWantsHost(false)
            answer({ inside_only: only, host: '' })
          }}
          {...shared}
        />
        {!inside && (
          <Ask
            question={t('exposure.by_host')}
            value={byHost}
            options={[
              [false, t('exposure.no')],
              [true, t('exposure.yes')],
            ]}
            onAnswer={(yes) => {
              setWantsHost(yes)
              if (!yes) answer({ inside_only: false, host: '' })
            }}
            {...shared}
          />
        )}
        {!inside && byHost && node.properties?.host && (
          <TextField pointer={`${pointer}/host`} node={node.properties.host} />
        )}
      </div>
      {(inside || !byHost) && <Findings pointer={`${pointer}/host`} />}
      <Findings pointer={pointer} />
      <Findings pointer={`${pointer}/inside_only`} />
    </div>
  )
}
