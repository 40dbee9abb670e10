/** The controls of single values: a text, a number, one of a few, yes or no. Which one is drawn, `Member` decides. */
import { RotateCcw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { ReactNode } from 'react'
import { TextArea, TextBox } from '@/components/TextBox'
import { valueAt } from '../model/document'
import { isNullable, type Node } from '../model/schema'
import { fieldId, useForm, useLabel, words } from './context'
import { Findings, levelAt } from './Findings'
import css from './form.module.css'

export type FieldProps = { pointer: string; node: Node; label?: string }

/** What a field shows: set by a person, or computed while he set nothing. */
export function useField(pointer: string) {
  const form = useForm()
  const set = valueAt(form.document, pointer)
  return {
    form,
    set,
    shown: valueAt(form.shown, pointer),
    isComputed: set === undefined,
    level: levelAt(form, pointer),
    control: {
      id: fieldId(pointer),
      'aria-describedby': `${fieldId(pointer)}-help ${fieldId(pointer)}-text`,
      'aria-invalid': levelAt(form, pointer) === 'deny' || undefined,
      'data-level': levelAt(form, pointer),
      'data-computed': set === undefined || undefined,
      disabled: form.disabled,
      onFocus: () => form.focus(pointer),
    },
  }
}

type FrameProps = FieldProps & { children: ReactNode; isGroup?: boolean; isWide?: boolean }

/** Label with unit above, help on focus, findings below; a value that was set can be computed again. */
export function Frame({ pointer, node, label, children, isGroup = false, isWide = false }: FrameProps) {
  const { t } = useTranslation('configuration')
  const { form, set, level } = useField(pointer)
  const own = useNameOf(node)
  const name = label ?? own
  const canReset = set !== undefined && node['x-default'] !== undefined && !form.disabled
  const id = fieldId(pointer)
  const help = words(node.description)
  return (
    <div
      className={css.field}
      data-wide={isWide || undefined}
      data-pointer={pointer}
      {...(isGroup ? { role: 'group', 'aria-labelledby': `${id}-label` } : {})}
    >
      <span className={css.labelLine}>
        {isGroup ? (
          <span id={`${id}-label`} className={css.label}>
            {name}
          </span>
        ) : (
          <label id={`${id}-label`} htmlFor={id} className={css.label}>
            {name}
          </label>
        )}
        {canReset && (
          <button
            type="button"
            className={css.reset}
            aria-label={t('reset', { field: name })}
            title={t('reset', { field: name })}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => form.change(pointer, undefined)}
          >
            <RotateCcw size={12} aria-hidden />
          </button>
        )}
      </span>
      <div className={css.controlBox}>
        {children}
        <span id={`${id}-help`} className={css.help} data-quiet={level || undefined}>
          {[help, set === undefined && node['x-default'] !== undefined ? t('computed') : ''].filter(Boolean).join(' ')}
        </span>
      </div>
      <Findings pointer={pointer} />
    </div>
  )
}

const useNameOf = (node: Node): string => useLabel()(node)

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** Emptied, a text is computed again where it can be; else it is the empty text. */
const emptied = (node: Node): unknown => (node['x-default'] === undefined ? '' : undefined)

export function TextField({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, set, shown, isComputed, control } = useField(pointer)
  return (
    <Frame pointer={pointer} node={node} label={label}>
      <TextBox
        {...control}
        value={asText(set)}
        placeholder={isComputed ? asText(shown) || t('unset') : t('unset')}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => form.change(pointer, event.target.value || emptied(node))}
      />
    </Frame>
  )
}

export function LongField({ pointer, node, label }: FieldProps) {
  const { form, shown, control } = useField(pointer)
  return (
    <Frame pointer={pointer} node={node} label={label} isWide>
      <TextArea
        {...control}
        className="mono"
        least={(node.maxLength ?? 0) > 100_000 ? 4 : 1}
        most={16}
        value={asText(shown)}
        spellCheck={false}
        onChange={(event) => form.change(pointer, event.target.value)}
      />
    </Frame>
  )
}

/** Digits become a number; anything else stays as it was typed, and the shape says what is wrong. */
function numberOf(text: string, node: Node): unknown {
  const typed = text.trim()
  if (typed === '') return isNullable(node) ? null : undefined
  return /^-?\d+(\.\d+)?$/.test(typed) ? Number(typed) : typed
}

export function NumberField({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, set, shown, control } = useField(pointer)
  return (
    <Frame pointer={pointer} node={node} label={label}>
      <TextBox
        {...control}
        inputMode="numeric"
        className="tnum"
        value={asText(set)}
        placeholder={set === undefined ? asText(shown) || t('unset') : t('unset')}
        autoComplete="off"
        onChange={(event) => form.change(pointer, numberOf(event.target.value, node))}
      />
    </Frame>
  )
}

export function ChoiceField({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, shown, control } = useField(pointer)
  const choices = (node.enum ?? []).map(String)
  return (
    <Frame pointer={pointer} node={node} label={label}>
      <select
        {...control}
        className={css.select}
        value={asText(shown)}
        onChange={(event) => form.change(pointer, event.target.value)}
      >
        {!choices.includes(asText(shown)) && <option value={asText(shown)}>{asText(shown)}</option>}
        {choices.map((one) => (
          <option key={one} value={one}>
            {one === '' ? t('unset') : choiceWord(node, one)}
          </option>
        ))}
      </select>
    </Frame>
  )
}

/** `configuration.<key>.<value>`; a choice without words is its own word. */
function choiceWord(node: Node, value: string): string {
  const code = `${node.title}.${value}`
  const found = words(code)
  return found === code ? value : found
}

export function QuestionField({ pointer, node, label }: FieldProps) {
  const { form, shown, control } = useField(pointer)
  const own = useNameOf(node)
  return (
    <div className={css.field} data-pointer={pointer}>
      <div className={css.controlBox}>
        <label className={css.check}>
          <input
            {...control}
            type="checkbox"
            checked={shown === true}
            onChange={(event) => form.change(pointer, event.target.checked)}
          />
          <span>{label ?? own}</span>
        </label>
        <span id={`${control.id}-help`} className={css.help}>
          {words(node.description)}
        </span>
      </div>
      <Findings pointer={pointer} />
    </div>
  )
}
