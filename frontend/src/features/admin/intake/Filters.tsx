/** The filter of the rows, all of it in the URL, and what is done to all rows under it: ticks, language, owners. */
import { useQuery } from '@tanstack/react-query'
import { Button, Popover, Select } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field } from '@/components/form/Field'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { SearchField } from '@/components/form/SearchField'
import { notify } from '@/components/notify'
import {
  asQuery,
  CONFIDENCES,
  isBusy,
  ROW_STATES,
  type Confidence,
  type Filter,
  type Intake,
  type RowState,
} from './model'
import { choicesQuery, type useIntake } from './queries'
import css from '../Admin.module.css'
import own from './intake.module.css'

type Props = {
  intake: Intake
  filter: Filter
  onChange: (part: Partial<Filter>) => void
  deeds: ReturnType<typeof useIntake>
  shown: number
}

function GiveAll({ filter, deeds, onDone }: Pick<Props, 'filter' | 'deeds'> & { onDone: () => void }) {
  const { t } = useTranslation('intake')
  const id = useId()
  const { data } = useQuery(choicesQuery)
  const [language, setLanguage] = useState<string>()
  const [owners, setOwners] = useState<string[]>([])
  const values = { ...(language ? { language } : {}), ...(owners.length ? { owners } : {}) }
  const give = () =>
    deeds.correct.mutate(
      { filter: asQuery(filter), values },
      {
        onSuccess: () => {
          notify(t('given'))
          onDone()
        },
      },
    )
  return (
    <div className={own.give} data-keys-blocked>
      <Field id={`${id}-language`} label={t('field.language')}>
        <Select
          id={`${id}-language`}
          value={language ?? null}
          allowClear
          style={{ width: '100%' }}
          options={data?.languages.map(({ slug, name }) => ({ value: slug, label: name }))}
          onChange={(value?: string) => setLanguage(value)}
        />
      </Field>
      <Field id={`${id}-owners`} label={t('field.owners')}>
        <PeopleSelect many id={`${id}-owners`} label={t('field.owners')} value={owners} onChange={setOwners} />
      </Field>
      <Button onClick={give} disabled={!language && !owners.length} loading={deeds.correct.isPending}>
        {t('give_all')}
      </Button>
    </div>
  )
}

function ForAll({ filter, deeds }: Pick<Props, 'filter' | 'deeds'>) {
  const { t } = useTranslation('intake')
  const [open, setOpen] = useState(false)
  const tick = (is_ticked: boolean) =>
    deeds.tick.mutate(
      { filter: asQuery(filter), is_ticked },
      {
        onSuccess: ({ changed, passed_over }) =>
          notify(
            passed_over ? t('ticked_but', { count: changed, over: passed_over }) : t('ticked', { count: changed }),
          ),
      },
    )
  return (
    <div className={own.forAll}>
      <Button size="small" loading={deeds.tick.isPending && { delay: 300 }} onClick={() => tick(true)}>
        {t('tick_all')}
      </Button>
      <Button size="small" onClick={() => tick(false)}>
        {t('untick_all')}
      </Button>
      <Popover
        trigger="click"
        placement="bottomLeft"
        open={open}
        onOpenChange={setOpen}
        destroyOnHidden
        content={<GiveAll filter={filter} deeds={deeds} onDone={() => setOpen(false)} />}
      >
        <Button size="small" aria-expanded={open}>
          {t('give')}
        </Button>
      </Popover>
    </div>
  )
}

export function Filters({ intake, filter, onChange, deeds, shown }: Props) {
  const { t } = useTranslation('intake')
  const { counts } = intake
  return (
    <>
      <div className={css.tools} role="search" aria-label={t('filter')}>
        <SearchField
          className={css.search}
          label={t('search')}
          value={filter.q ?? ''}
          onSearch={(q) => onChange({ q: q || undefined })}
        />
        <Select<RowState>
          aria-label={t('state')}
          placeholder={t('any_state')}
          allowClear
          className={own.choice}
          value={filter.state ?? null}
          options={ROW_STATES.map((state) => ({ value: state, label: `${t(`row.${state}`)} · ${counts[state]}` }))}
          onChange={(state?: RowState) => onChange({ state })}
        />
        <Select<Confidence>
          aria-label={t('confidence')}
          placeholder={t('any_confidence')}
          allowClear
          className={own.choice}
          value={filter.confidence ?? null}
          options={CONFIDENCES.map((one) => ({ value: one, label: `${t(`sure.${one}`)} · ${counts[one]}` }))}
          onChange={(confidence?: Confidence) => onChange({ confidence })}
        />
        <label className={own.check}>
          <input
            type="checkbox"
            checked={Boolean(filter.problems)}
            onChange={(event) => onChange({ problems: event.target.checked || undefined })}
          />
          {t('only_problems', { count: counts.problems })}
        </label>
      </div>
      {!isBusy(intake) && shown > 0 && <ForAll filter={filter} deeds={deeds} />}
    </>
  )
}
