/**
 * An older revision asked for again: a ticket with its document, upon the one in force. What a standard says against it
 * today is refused by the server; then the form is the place to mend or explain it.
 */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field, describedBy } from '@/components/form/Field'
import { KeyButton } from '@/components/Key'
import { Loading, RegionError } from '@/components/states'
import { TextBox } from '@/components/TextBox'
import { FilingTrouble } from '@/components/form/FilingTrouble'
import { revisionQuery, useFile, type Which } from '../queries'
import css from '../configuration.module.css'

type Props = { which: Which; number: number; inForce: number; onClose: () => void }

export function Restore({ which, number, inForce, onClose }: Props) {
  const { t } = useTranslation(['configuration', 'common'])
  const navigate = useNavigate()
  const [note, setNote] = useState(t('restore.note', { number }))
  const found = useQuery(revisionQuery(which, number))
  const filing = useFile(which, (ticket) => void navigate({ to: '/tickets/$id', params: { id: String(ticket) } }))
  const press = () => {
    if (!found.data) return
    const document = found.data.document
    filing.file({ document, based_on: inForce, note: note.trim(), explanations: {}, take_over: false })
  }
  return (
    <section className={`card ${css.restore}`} aria-labelledby="cf-restore">
      <h2 id="cf-restore">{t('restore.title', { number })}</h2>
      <p className="t2">
        {inForce ? t('restore.lead', { number, current: inForce }) : t('restore.lead_first', { number })}
      </p>
      {found.error && <RegionError error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Loading />}
      <Field id="cf-restore-note" label={t('note')}>
        <TextBox
          {...describedBy('cf-restore-note')}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </Field>
      <FilingTrouble filing={filing} />
      <div className={css.buttons}>
        <KeyButton type="primary" shortcut="ctrl+enter" loading={filing.isPending && { delay: 300 }} onPress={press}>
          {t('act.file')}
        </KeyButton>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
        <Link
          to="/p/$project/configuration/$environment/$name"
          params={which}
          search={{ start: `revision-${number}` }}
          className="link"
        >
          {t('restore.in_form')}
        </Link>
      </div>
    </section>
  )
}
