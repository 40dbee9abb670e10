/** One outside system: its fields with the diff before saving, and its test as a checklist. Also adds a new one. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Input, Select, Switch } from 'antd'
import { TextArea } from '@/components/TextBox'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { asApiError } from '@/lib/api/errors'
import { SYSTEM_PATH } from '@/lib/api/queries'
import { useEdits } from '../parts/edits'
import { Labelled, SaveBar, type Control, type DiffRow } from '../parts/form'
import { SideSheet } from '../parts/SideSheet'
import { ConnectionTest } from './ConnectionTest'
import {
  addConnection,
  changeConnection,
  connectionsQuery,
  editable,
  filled,
  KINDS,
  type FieldSpec,
  type Kind,
  type Row,
  type Value,
  type Values,
} from './kinds'
import { SecretField } from './SecretField'
import css from '../Admin.module.css'

type FieldProps = {
  spec: FieldSpec
  control: Control
  row: Row | null
  value: Value | undefined
  onChange: (value: Value) => void
  secretAsked: boolean
}

function RegistrySelect({ control, value, onChange }: Pick<FieldProps, 'control' | 'value' | 'onChange'>) {
  const { t } = useTranslation('admin')
  const registries = useQuery(connectionsQuery('registry'))
  return (
    <Select
      {...control}
      aria-label={t('connection.registry')}
      allowClear
      value={typeof value === 'string' && value ? value : undefined}
      style={{ width: '100%' }}
      options={(registries.data ?? []).map(({ name }) => ({ value: name, label: name }))}
      onChange={(name?: string) => onChange(name ?? null)}
    />
  )
}

const BEGINNINGS = { pem: '-----BEGIN CERTIFICATE-----', config: 'apiVersion: v1\nkind: Config' }

function Editor({ spec, control, row, value, onChange, secretAsked }: FieldProps) {
  const { t } = useTranslation('admin')
  const text = typeof value === 'string' ? value : ''
  if (spec.as === 'secret')
    return (
      <SecretField
        control={control}
        row={row}
        value={text}
        onChange={onChange}
        asked={secretAsked}
        label={t(`connection.${spec.name}`)}
      />
    )
  if (spec.as === 'registry') return <RegistrySelect control={control} value={value} onChange={onChange} />
  if (spec.as === 'pem' || spec.as === 'config')
    return (
      <TextArea
        {...control}
        className="mono"
        value={text}
        least={2}
        most={6}
        spellCheck={false}
        autoComplete="off"
        wrap="off"
        placeholder={BEGINNINGS[spec.as]}
        onChange={(event) => onChange(event.target.value)}
      />
    )
  return (
    <Input
      {...control}
      className={spec.as === 'text' ? undefined : 'mono'}
      inputMode={spec.as === 'url' ? 'url' : undefined}
      autoComplete="off"
      value={text}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function useDiff(kind: Kind, before: Values, changes: Values, isNew: boolean): DiffRow[] {
  const { t } = useTranslation('admin')
  const said = (spec: FieldSpec, value: Value | undefined): string | null => {
    if (spec.as === 'switch') return t(value ? 'on' : 'off')
    if (!value) return null
    if (spec.as === 'secret' || spec.as === 'config') return t('secret.shown_new')
    return spec.as === 'pem'
      ? t('connection.pem_lines', { count: String(value).trim().split('\n').length })
      : String(value)
  }
  return KINDS[kind].fields
    .filter((spec) => spec.name in changes)
    .map((spec) => ({
      label: t(`connection.${spec.name}`),
      after: said(spec, changes[spec.name]),
      before:
        isNew || spec.as === 'config'
          ? null
          : spec.as === 'secret'
            ? t('secret.shown_old')
            : said(spec, before[spec.name]),
    }))
}

function ConnectionForm({ kind, row, onSaved }: { kind: Kind; row: Row | null; onSaved: (row: Row) => void }) {
  const { t } = useTranslation('admin')
  const client = useQueryClient()
  const initial = editable(kind, row)
  const { values, changes, dirty, set, reset } = useEdits<Values>(initial)
  const save = useMutation({
    mutationFn: () => (row ? changeConnection(kind, row.name, changes) : addConnection(kind, filled(values))),
    onSuccess: async (saved) => {
      await Promise.all([SYSTEM_PATH[kind], 'first-hour'].map((noun) => client.invalidateQueries({ queryKey: [noun] })))
      reset()
      onSaved(saved)
    },
  })
  const error = save.error ? asApiError(save.error) : null
  const rows = useDiff(kind, initial, changes, !row)
  const names = KINDS[kind].fields.map(({ name }) => name)
  const secretAsked = Boolean(error?.fields && KINDS[kind].secret in error.fields)
  return (
    <>
      {row && <ConnectionTest key={row.name} kind={kind} row={row} dirty={dirty} />}
      <div className={css.fields}>
        {KINDS[kind].fields.map((spec) =>
          spec.as === 'switch' ? (
            <div key={spec.name} className={css.switchRow}>
              <Switch
                size="small"
                checked={Boolean(values.is_enabled)}
                onChange={(on) => set('is_enabled', on)}
                aria-label={t('connection.is_enabled')}
                style={{ marginTop: 2 }}
              />
              <div className={css.switchText}>
                <span className="b5">{t('connection.is_enabled')}</span>
                <span className="t3 s12">{t('connection.is_enabled_help')}</span>
              </div>
            </div>
          ) : (
            <Labelled
              key={spec.name}
              label={t(`connection.${spec.name}`)}
              optional={spec.optional}
              problem={problemOf(error, spec.name)}
              help={spec.help && t(`connection.${spec.name}_help` as 'connection.ca_pem_help')}
            >
              {(control) => (
                <Editor
                  spec={spec}
                  control={control}
                  row={row}
                  value={values[spec.name]}
                  onChange={(value) => set(spec.name, value)}
                  secretAsked={secretAsked}
                />
              )}
            </Labelled>
          ),
        )}
      </div>
      {dirty && (
        <SaveBar
          rows={rows}
          label={row ? t('save_changes') : t(`connection.add.${kind}`)}
          fields={names}
          pending={save.isPending}
          error={save.error}
          onSave={() => save.mutate()}
          onReset={() => {
            reset()
            save.reset()
          }}
        />
      )}
    </>
  )
}

type Props = { kind: Kind; row: Row | null; onClose: () => void; onSaved: (row: Row) => void }

export function ConnectionSheet({ kind, row, onClose, onSaved }: Props) {
  const { t } = useTranslation('admin')
  const [round, setRound] = useState(0)
  return (
    <SideSheet title={row ? row.name : t(`connection.add.${kind}`)} onClose={onClose}>
      <ConnectionForm
        key={`${row?.name ?? ''} ${round}`}
        kind={kind}
        row={row}
        onSaved={(saved) => {
          setRound((old) => old + 1)
          onSaved(saved)
        }}
      />
    </SideSheet>
  )
}
