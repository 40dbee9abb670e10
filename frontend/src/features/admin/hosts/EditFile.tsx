/** Editing the hosts file. What is typed is kept as a draft; somebody else's save is shown, and neither text is lost. */
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { notify } from '@/components/notify'
import { RegionError } from '@/components/states'
import type { ApiError } from '@/lib/api/errors'
import { useDraft } from '@/lib/drafts'
import { useMe } from '@/lib/me'
import { LineDiff } from '../languages/LineDiff'
import { Labelled } from '../parts/form'
import { isOvertaken, typed, type HostsDraft } from './draft'
import { Editor } from './Editor'
import { Overtaken } from './Overtaken'
import { standing } from './problems'
import { useSaveHosts, type HostsFile } from './queries'
import css from './hosts.module.css'

type Draft = NonNullable<HostsDraft>
type BarProps = {
  file: HostsFile
  draft: Draft
  isPending: boolean
  error: ApiError | null
  onNote: (note: string) => void
  onSave: () => void
  onDiscard: () => void
}

/** Comes with the first change: what changes, why, Save. */
function SaveBar({ file, draft, isPending, error, onNote, onSave, onDiscard }: BarProps) {
  const { t } = useTranslation(['hosts', 'admin'])
  const elsewhere = error && error.code !== 'hosts.saved_meanwhile' && !error.fields
  return (
    <div className={css.bar}>
      <LineDiff before={file.text} after={draft.text} />
      <Labelled label={t('note')} optional problem={problemOf(error, 'note')}>
        {(control) => (
          <Input {...control} maxLength={200} value={draft.note} onChange={(event) => onNote(event.target.value)} />
        )}
      </Labelled>
      {elsewhere && <RegionError error={error} />}
      <div className={css.buttons}>
        <KeyButton type="primary" shortcut="ctrl+enter" loading={isPending && { delay: 300 }} onPress={onSave}>
          {t('save', { number: file.number + 1 })}
        </KeyButton>
        <Button onClick={onDiscard} disabled={isPending}>
          {t('admin:discard')}
        </Button>
      </div>
    </div>
  )
}

type Props = { environment: string; file: HostsFile; onCompare: (before: number, after: number) => void }

export function EditFile({ environment, file, onCompare }: Props) {
  const { t } = useTranslation(['hosts', 'common'])
  const draft = useDraft<HostsDraft>(useMe().id, `hosts.${environment}`, null)
  const save = useSaveHosts(environment)
  const [told, setTold] = useState<string | null>(null)
  const { value } = draft
  const shown = value?.text ?? file.text
  const drop = () => {
    draft.change(null)
    draft.clear()
    save.reset()
  }
  const discard = () => {
    const kept = value
    drop()
    notify(t('discarded'), { label: t('common:undo'), run: () => draft.change(kept) }, 8)
  }
  const send = ({ text, base, note }: Draft) =>
    save.mutate(
      { text, note, based_on: base },
      {
        onSuccess: ({ number }) => {
          setTold(t(number === base ? 'unchanged' : 'saved', { number }))
          drop()
        },
      },
    )
  const write = (text: string) => {
    setTold(null)
    draft.change((old) => typed(old, file, text))
  }
  return (
    <div className={css.edit}>
      {draft.restored && value && <p className="t3 s12">{t('common:draft.restored')}</p>}
      <Editor
        id="hosts-text"
        label={t('text')}
        text={shown}
        problems={standing(save.error, save.variables?.text ?? '', shown)}
        onChange={write}
      />
      {value && isOvertaken(value, file) ? (
        <Overtaken
          environment={environment}
          file={file}
          base={value.base}
          onRebase={() => {
            save.reset()
            draft.change({ ...value, base: file.number })
          }}
          onTheirs={discard}
          onCompare={() => onCompare(value.base, file.number)}
        />
      ) : (
        value && (
          <SaveBar
            file={file}
            draft={value}
            isPending={save.isPending}
            error={save.error}
            onNote={(note) => draft.change({ ...value, note })}
            onSave={() => send(value)}
            onDiscard={discard}
          />
        )
      )}
      <p className="s12 t2" role="status">
        {told}
      </p>
    </div>
  )
}
