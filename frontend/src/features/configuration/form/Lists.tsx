/** Things there can be any number of: words, rows of fields, labels. A list is set as a whole, so a computed one is taken over. */
import { Button } from 'antd'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextBox } from '@/components/TextBox'
import { partsOf, pointerOf } from '../model/document'
import { isPlain, type Node } from '../model/schema'
import { fieldId, words } from './context'
import { Findings } from './Findings'
import { Frame, useField, type FieldProps } from './Fields'
import { Member } from './Member'
import css from './form.module.css'

function Remove({ what, onRemove }: { what: string; onRemove: () => void }) {
  return (
    <button type="button" className={css.remove} aria-label={what} title={what} onClick={onRemove}>
      <X size={14} aria-hidden />
    </button>
  )
}

function Add({ children, onAdd }: { children: string; onAdd: () => void }) {
  return (
    <Button size="small" icon={<Plus size={13} aria-hidden />} className={css.add} onClick={onAdd}>
      {children}
    </Button>
  )
}

/** Word by word: no shell reads them, so a space is part of a word. */
export function WordsField({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, shown, control } = useField(pointer)
  const list = Array.isArray(shown) ? shown.map(String) : []
  const name = label ?? words(node.title)
  const set = (next: string[]) => form.change(pointer, next)
  const child = (index: number) => `${pointer}/${index}`
  return (
    <Frame pointer={pointer} node={node} label={label} isGroup isWide>
      <div className={css.words}>
        {list.map((word, index) => (
          <span key={index} className={css.word}>
            <TextBox
              {...control}
              id={fieldId(child(index))}
              className="mono"
              aria-label={t('entry', { field: name, n: index + 1 })}
              value={word}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => set(list.with(index, event.target.value))}
            />
            {!form.disabled && (
              <Remove
                what={t('remove', { field: name, n: index + 1 })}
                onRemove={() => set(list.filter((_, at) => at !== index))}
              />
            )}
          </span>
        ))}
        {!form.disabled && <Add onAdd={() => set([...list, ''])}>{t('add.word')}</Add>}
      </div>
    </Frame>
  )
}

/** A new entry holds what its members need to be typed in; what has a default is left to the server. */
const emptyEntry = (items: Node): Record<string, unknown> =>
  Object.fromEntries(
    (items.required ?? []).flatMap((name): [string, unknown][] => {
      const kind = items.properties?.[name]?.type
      return kind === 'string' ? [[name, '']] : kind === 'array' ? [[name, ['']]] : []
    }),
  )

export function RowsField({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, shown } = useField(pointer)
  const list: unknown[] = Array.isArray(shown) ? shown : []
  const name = label ?? words(node.title)
  const items = node.items ?? {}
  return (
    <Frame pointer={pointer} node={node} label={label} isGroup isWide>
      <div className={css.rows}>
        {list.map((_, index) => (
          <fieldset key={index} className={css.entry}>
            <legend className="hidden-visually">{t('entry', { field: name, n: index + 1 })}</legend>
            <div className={css.entryFields}>
              {Object.entries(items.properties ?? {}).map(([member, below]) => (
                <Member key={member} pointer={pointerOf([...partsOf(pointer), index, member])} node={below} />
              ))}
            </div>
            {!form.disabled && (
              <Remove
                what={t('remove', { field: name, n: index + 1 })}
                onRemove={() => form.change(pointer, list.toSpliced(index, 1))}
              />
            )}
            <Findings pointer={`${pointer}/${index}`} />
          </fieldset>
        ))}
        {list.length === 0 && <span className="t3 s12">{t('none_yet')}</span>}
        {!form.disabled && <Add onAdd={() => form.change(pointer, [...list, emptyEntry(items)])}>{t('add')}</Add>}
      </div>
    </Frame>
  )
}

/** Free names with a text each. A name that is being typed is not in the document until it is left, so two never collide. */
export function LabelsField({ pointer, node, label }: FieldProps) {
  const { t } = useTranslation('configuration')
  const { form, shown, control } = useField(pointer)
  const [fresh, setFresh] = useState({ key: '', value: '' })
  const map = isPlain(shown) ? shown : {}
  const name = label ?? words(node.title)
  const set = (next: Record<string, unknown>) => form.change(pointer, next)
  const add = () => {
    if (!fresh.key.trim()) return
    set({ ...map, [fresh.key.trim()]: fresh.value })
    setFresh({ key: '', value: '' })
  }
  return (
    <Frame pointer={pointer} node={node} label={label} isGroup isWide>
      <div className={css.words}>
        {Object.entries(map).map(([key, value]) => (
          <span key={key} className={css.word}>
            <code className={css.key}>{key}</code>
            <TextBox
              {...control}
              id={`${control.id}.${key}`}
              className="mono"
              aria-label={t('value_of', { name: key })}
              value={String(value)}
              spellCheck={false}
              onChange={(event) => set({ ...map, [key]: event.target.value })}
            />
            {!form.disabled && (
              <Remove
                what={t('remove_named', { field: name, name: key })}
                onRemove={() => set(Object.fromEntries(Object.entries(map).filter(([other]) => other !== key)))}
              />
            )}
          </span>
        ))}
        {!form.disabled && (
          <span className={css.word}>
            <TextBox
              aria-label={t('label.key')}
              placeholder={t('label.key')}
              className="mono"
              value={fresh.key}
              onChange={(event) => setFresh({ ...fresh, key: event.target.value })}
            />
            <TextBox
              aria-label={t('label.value')}
              placeholder={t('label.value')}
              className="mono"
              value={fresh.value}
              onChange={(event) => setFresh({ ...fresh, value: event.target.value })}
            />
            <Add onAdd={add}>{t('add')}</Add>
          </span>
        )}
      </div>
    </Frame>
  )
}
