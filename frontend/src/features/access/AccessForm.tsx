/** The form of project access on one page (UI.md §5.8): four sections, what approval creates beside them, drafts kept. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import { Restored } from '@/components/form/Restored'
import { KeyButton } from '@/components/Key'
import { RegionError } from '@/components/states'
import { fileAccess } from '@/lib/api/access'
import { useDraft } from '@/lib/drafts'
import { newKey, useFileOnce } from '@/lib/filing'
import { useMe } from '@/lib/me'
import { elementOf, type Part } from './form'
import { EMPTY, FIELDS, requestOf, SECTIONS, withDefaults, type Draft, type FieldName } from './model'
import { People } from './People'
import { Progress } from './Progress'
import { optionsQuery, useCheck } from './queries'
import { Creates } from './Rail'
import { Repository } from './Repository'
import { Running } from './Running'
import { Service } from './Service'
import css from './access.module.css'

const ORDER: FieldName[] = SECTIONS.flatMap((section) => FIELDS[section])

/** The draft of this person; its key is kept with it, so that a page loaded anew files nothing twice either. */
function useAccessDraft() {
  const me = useMe()
  const [key] = useState(newKey)
  const empty: Draft = { ...EMPTY, owners: [me.username], key }
  const draft = useDraft<Draft>(me.id, 'project-access', empty)
  return { ...draft, value: { ...empty, ...draft.value } }
}

export function AccessForm() {
  const { t } = useTranslation('access')
  const navigate = useNavigate()
  const draft = useAccessDraft()
  const options = useQuery(optionsQuery)
  const value = withDefaults(draft.value, options.data)
  const form = requestOf(value)
  const check = useCheck(form)
  /** written anew since the server refused: its sentence is of another value */
  const [renewed, setRenewed] = useState<FieldName[]>([])
  const filing = useFileOnce({
    send: fileAccess,
    touches: [['tickets'], ['projects'], ['inbox']],
    kept: [value.key, (key) => draft.change((old) => ({ ...old, key }))],
    onFiled: (ticket) => {
      draft.clear()
      void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } })
    },
    onRefused: (error) => {
      const wrong = ORDER.find((field) => problemOf(error, field))
      if (wrong) document.getElementById(elementOf(wrong))?.focus()
    },
  })
  const problem = (field: FieldName): string | null =>
    (renewed.includes(field) ? null : problemOf(filing.error, field)) ?? check.problem(field)
  const set = (part: Partial<Draft>, field: FieldName) => {
    draft.change((old) => ({ ...old, ...part }))
    if (filing.error && !renewed.includes(field)) setRenewed([...renewed, field])
  }
  const file = () => {
    setRenewed([])
    filing.file(form)
  }
  const part: Part = { draft: value, form, set, problem, options: options.data, check }
  return (
    <form
      className={css.columns}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        file()
      }}
    >
      <Progress form={form} isWrong={(field) => problem(field) !== null} />
      <div className={css.form}>
        <div className={css.fields}>
          <Restored draft={draft} />
          {options.isError && <RegionError error={options.error} retry={() => void options.refetch()} />}
          <Service {...part} />
          <Repository {...part} />
          <People {...part} />
          <Running {...part} />
        </div>
      </div>
      <div className={css.rail}>
        <Creates check={check} />
        <div className={css.bar}>
          <FilingTrouble filing={filing} shown={ORDER} />
          <span className="t2 s12 grow">{t('then')}</span>
          <KeyButton type="primary" shortcut="ctrl+enter" loading={filing.isPending && { delay: 300 }} onPress={file}>
            {t('file')}
          </KeyButton>
        </div>
      </div>
    </form>
  )
}
