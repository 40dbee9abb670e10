/** The form with its sections and its result beside it. Its one button leads to what stands in the way, then to the change, and there it files. */
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Denied } from '@/components/states'
import { TopBar } from '@/components/TopBar'
import type { Reason } from '@/lib/i18n'
import { FormContext } from './form/context'
import { Head } from './Head'
import type { Doc } from './model/document'
import { sectionsOf } from './model/schema'
import { Overtaken, useNewer } from './Overtaken'
import { useFile, type Proposal, type Which } from './queries'
import { Review } from './Review'
import { SectionList } from './SectionList'
import { Sections } from './Sections'
import { Exported, Side } from './Side'
import { Tools } from './Tools'
import { proposalOf, useDocument } from './useDocument'
import { useWay } from './useWay'
import css from './configuration.module.css'

type Props = {
  which: Which
  start: string
  initial: Proposal
  /** what the server makes of it, as far as it is known before the first preview */ computed: Doc
  inForce: number
  refusal: Reason | null
}

export function AccessForm({ which, start, initial, computed, inForce, refusal }: Props) {
  const { t } = useTranslation('configuration')
  const navigate = useNavigate()
  const [isReviewed, setReviewed] = useState(false)
  const page = useDocument(which, start, [initial, computed], Boolean(refusal))
  const { draft, schema, form } = page
  const newer = useNewer(which, page, inForce)
  const way = useWay(page, Boolean(newer), () => setReviewed(true))
  const filing = useFile(which, (ticket) => {
    draft.clear()
    void navigate({ to: '/tickets/$id', params: { id: String(ticket) } })
  })
  const sections = sectionsOf(schema.data ?? {})
  return (
    <FormContext value={form}>
      <TopBar
        right={
          <Tools
            which={which}
            start={start}
            inForce={inForce}
            document={draft.value.document}
            isReader={Boolean(refusal)}
          />
        }
      />
      <form className={css.page} noValidate onSubmit={(event) => event.preventDefault()}>
        <Head which={which} inForce={inForce} draft={draft} />
        <p className={css.wider}>{t('wider')}</p>
        {refusal ? (
          <div className={css.strip}>
            <Denied reason={refusal}>{t('read_only')}</Denied>
          </div>
        ) : (
          newer && <Overtaken which={which} newer={newer} draft={draft} />
        )}
        <div className={css.columns}>
          <SectionList sections={sections} page={page} />
          <Sections sections={sections} schema={schema} />
          {refusal ? <Exported which={which} inForce={inForce} /> : <Side page={page} way={way} isAside={isReviewed} />}
        </div>
      </form>
      {isReviewed && (
        <Review
          title={t('review.title')}
          page={page}
          way={way}
          filing={filing}
          onFile={() => filing.file(proposalOf(page))}
          onClose={() => setReviewed(false)}
        />
      )}
    </FormContext>
  )
}
