/** Files the re-sync of the chosen jobs: which one goes first, why, and what happens then. */
import { useNavigate } from '@tanstack/react-router'
import { Select } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf, restOf } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { TextArea } from '@/components/TextBox'
import type { Schemas } from '@/lib/api/client'
import { useFileOnce } from '@/lib/filing'
import { Labelled } from '../parts/form'
import { canaryOf } from './drift'
import { fileResync } from './queries'
import css from './languages.module.css'
import own from './drift.module.css'

type Form = Required<Schemas['ResyncRequest']>
const FIELDS = ['canary', 'projects', 'note']

export function ResyncBar({ language, chosen }: { language: string; chosen: readonly string[] }) {
  const { t } = useTranslation('templates')
  const navigate = useNavigate()
  const [picked, setPicked] = useState<string>()
  const [note, setNote] = useState('')
  const canary = canaryOf(picked, chosen)
  const filing = useFileOnce<Form>({
    send: (form, key) => fileResync(language, form, key),
    touches: [['tickets'], ['inbox']],
    onFiled: (ticket) => void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } }),
  })
  if (canary === undefined) return null
  const refusal = restOf(filing.error, FIELDS)
  const others = chosen.length - 1
  const file = () =>
    filing.file({ canary, projects: chosen.filter((project) => project !== canary), note: note.trim() })
  return (
    <div className={css.bar} role="group" aria-label={t('resync.title')}>
      <div className={own.fields}>
        <Labelled label={t('resync.canary')} help={t('resync.canary_help')} problem={problemOf(filing.error, 'canary')}>
          {(control) => (
            <Select
              {...control}
              value={canary}
              options={chosen.map((project) => ({ value: project, label: project }))}
              onChange={(project: string) => {
                setPicked(project)
                filing.startAnew()
              }}
            />
          )}
        </Labelled>
        <Labelled
          label={t('resync.note')}
          optional
          problem={problemOf(filing.error, 'projects') ?? problemOf(filing.error, 'note')}
        >
          {(control) => (
            <TextArea
              {...control}
              value={note}
              least={1}
              most={4}
              maxLength={4000}
              onChange={(event) => {
                setNote(event.target.value)
                if (filing.error) filing.startAnew()
              }}
            />
          )}
        </Labelled>
      </div>
      {refusal && (
        <p className={css.refusal} role="alert">
          {refusal}
        </p>
      )}
      <div className={css.buttons}>
        <KeyButton type="primary" shortcut="ctrl+enter" onPress={file} loading={filing.isPending && { delay: 300 }}>
          {t('resync.file', { count: chosen.length })}
        </KeyButton>
        <span className="t3 s12">
          {others > 0 ? t('resync.then', { project: canary, count: others }) : t('resync.alone')}
        </span>
      </div>
    </div>
  )
}
