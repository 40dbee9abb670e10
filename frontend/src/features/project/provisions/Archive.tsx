/** Archiving a project: what goes, what stays, and why; the name is typed, and a ticket does the rest. Removes nothing itself. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf } from '@/components/form/Field'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import { Restored } from '@/components/form/Restored'
import { KeyButton } from '@/components/Key'
import { Denied, Loading, RegionError } from '@/components/states'
import { TextArea } from '@/components/TextBox'
import { fileArchive } from '@/lib/api/access'
import type { Schemas } from '@/lib/api/client'
import { useDraft } from '@/lib/drafts'
import { newKey, useFileOnce } from '@/lib/filing'
import { useMe } from '@/lib/me'
import { archiveQuery } from './queries'
import { ProvisionTable } from './ProvisionTable'
import own from './provisions.module.css'

/** As the server asks: a sentence, not a word. */
const SHORTEST_REASON = 10

type Asked = Schemas['ArchiveRequest']

/** The typed name is no draft: it is typed for each archiving. */
function useArchiving(slug: string) {
  const me = useMe()
  const navigate = useNavigate()
  const [key] = useState(newKey)
  const draft = useDraft(me.id, `archive.${slug}`, { reason: '', key })
  const filing = useFileOnce<Asked>({
    send: (asked, with_) => fileArchive(slug, asked, with_),
    touches: [['tickets'], ['projects'], ['inbox'], ['project', slug]],
    kept: [draft.value.key, (other) => draft.change((old) => ({ ...old, key: other }))],
    onFiled: (ticket) => {
      draft.clear()
      void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } })
    },
  })
  return { draft, filing }
}

function Form({ slug }: { slug: string }) {
  const { t } = useTranslation('access')
  const { draft, filing } = useArchiving(slug)
  const { reason } = draft.value
  const [confirm, setConfirm] = useState('')
  const [told, setTold] = useState(false)
  const isNamed = confirm.trim() === slug
  const isExplained = reason.trim().length >= SHORTEST_REASON
  const unnamed =
    problemOf(filing.error, 'confirm') ?? (told && !isNamed ? t('archive.other_name', { name: slug }) : null)
  const unexplained =
    problemOf(filing.error, 'reason') ?? (told && !isExplained ? t('archive.why_needed', { n: SHORTEST_REASON }) : null)
  const file = () => {
    setTold(true)
    if (!isExplained) document.getElementById('archive-reason')?.focus()
    else if (!isNamed) document.getElementById('archive-name')?.focus()
    else filing.file({ confirm: confirm.trim(), reason: reason.trim() })
  }
  return (
    <form
      className={own.form}
      aria-label={t('archive')}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        file()
      }}
    >
      <Restored draft={draft} />
      <Field id="archive-reason" label={t('archive.reason')} problem={unexplained}>
        <TextArea
          {...describedBy('archive-reason')}
          least={2}
          most={6}
          maxLength={2000}
          bad={Boolean(unexplained)}
          value={reason}
          onChange={(event) => draft.change((old) => ({ ...old, reason: event.target.value }))}
        />
      </Field>
      <Field id="archive-name" label={t('archive.name', { name: slug })} problem={unnamed}>
        <Input
          {...describedBy('archive-name')}
          className="mono"
          spellCheck={false}
          autoComplete="off"
          status={unnamed ? 'error' : undefined}
          value={confirm}
          onChange={(event) => setConfirm(event.target.value)}
        />
      </Field>
      <FilingTrouble filing={filing} shown={['confirm', 'reason']} />
      <div className={own.act}>
        <KeyButton
          type="primary"
          danger
          shortcut="ctrl+enter"
          loading={filing.isPending && { delay: 300 }}
          onPress={file}
        >
          {t('archive.file')}
        </KeyButton>
        <span className="t2 s12">{t('archive.then')}</span>
      </div>
    </form>
  )
}

/** Something stands in the way: why, the ticket it is about, and another look. */
function Blocked({ reason, look }: { reason: Schemas['Reason']; look: () => void }) {
  const { t } = useTranslation()
  const ticket = reason.code === 'access.being_removed' ? Number(reason.params.ticket) : null
  return (
    <Denied reason={reason}>
      {ticket === null ? (
        <Button size="small" onClick={look}>
          {t('error.try_again')}
        </Button>
      ) : (
        <Link to="/tickets/$id" params={{ id: String(ticket) }} className="link">
          #{ticket}
        </Link>
      )}
    </Denied>
  )
}

export function Archive({ slug }: { slug: string }) {
  const { t } = useTranslation('access')
  const preview = useQuery(archiveQuery(slug))
  const look = () => void preview.refetch()
  if (preview.isError && !preview.data) return <RegionError error={preview.error} retry={look} />
  if (!preview.data) return <Loading />
  const { removes, keeps, blocked } = preview.data
  return (
    <>
      <p className="t2">{t('archive.what')}</p>
      {preview.isError && <RegionError error={preview.error} retry={look} shownAt={preview.dataUpdatedAt} />}
      <h3>{t('archive.goes')}</h3>
      {removes.length ? (
        <ProvisionTable rows={removes} label={t('archive.goes')} />
      ) : (
        <p className="t2">{t('archive.goes_none')}</p>
      )}
      <h3>{t('archive.stays')}</h3>
      {keeps.length > 0 && <ProvisionTable rows={keeps} label={t('archive.stays')} />}
      <p className="t2">{t('archive.stays_always')}</p>
      {blocked ? <Blocked reason={blocked} look={look} /> : <Form slug={slug} />}
    </>
  )
}
