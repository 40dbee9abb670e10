/** Two revisions: what differs in the document, and in the objects it becomes. */
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { DiffBlocks } from '@/components/ticket/ChangeDiff'
import { documentGroup, objectGroups } from '@/components/ticket/diff'
import { Loading, RegionError } from '@/components/states'
import { differenceQuery, type Which } from '../queries'
import css from '../configuration.module.css'

type Props = {
  which: Which
  newest: number
  before: number
  after: number
  onCompare: (before: number, after: number) => void
}

export function Difference({ which, newest, before, after, onCompare }: Props) {
  const { t } = useTranslation('configuration')
  const found = useQuery({ ...differenceQuery(which, before, after), enabled: before !== after })
  const options = Array.from({ length: newest }, (_, index) => newest - index).map((number) => ({
    value: number,
    label: t('revision', { number }),
  }))
  const objects = objectGroups([
    {
      cluster: '',
      objects: (found.data?.objects ?? [])
        .filter((one) => !one.is_gone)
        .map(({ object, is_new, changes }) => ({ object, created: is_new, changes })),
      removed: (found.data?.objects ?? []).filter((one) => one.is_gone).map((one) => one.object),
    },
  ])
  const document = documentGroup(found.data?.document ?? [])
  return (
    <section className={css.difference} aria-labelledby="cf-difference">
      <h2 id="cf-difference">{t('difference')}</h2>
      <div className={css.choose}>
        <Select
          aria-label={t('difference.before')}
          value={before}
          options={options}
          onChange={(number: number) => onCompare(number, after)}
        />
        <span className="t3" aria-hidden>
          →
        </span>
        <Select
          aria-label={t('difference.after')}
          value={after}
          options={options}
          onChange={(number: number) => onCompare(before, number)}
        />
      </div>
      {before === after && <p className="t2">{t('difference.same')}</p>}
      {before !== after && found.isPending && <Loading />}
      {found.error && <RegionError error={found.error} retry={() => void found.refetch()} />}
      {found.data && before !== after && (
        <>
          <h3>{t('difference.document')}</h3>
          {document.lines.length ? (
            <DiffBlocks groups={[document]} total={0} />
          ) : (
            <p className="t2">{t('difference.none')}</p>
          )}
          <h3>{t('difference.objects')}</h3>
          {objects.length ? (
            <DiffBlocks groups={objects} total={0} />
          ) : (
            <p className="t2">{t('difference.no_objects')}</p>
          )}
        </>
      )}
    </section>
  )
}
