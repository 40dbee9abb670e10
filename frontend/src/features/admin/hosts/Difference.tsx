/** Two versions of a hosts file: what changes for whoever looks a name up, then the lines. Order and comments change no name. */
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { differenceQuery } from './queries'
import css from './hosts.module.css'

type Found = Schemas['HostsDifference']

/** In words, one list: added, removed, pointing elsewhere. */
function Names({ found }: { found: Found }) {
  const { t } = useTranslation('hosts')
  const rows = [
    ...found.added.map(({ name, addresses }) => ({ kind: 'added', name, text: addresses.join(', ') }) as const),
    ...found.removed.map(({ name, addresses }) => ({ kind: 'removed', name, text: addresses.join(', ') }) as const),
    ...found.changed.map(
      ({ name, before, after }) =>
        ({ kind: 'changed', name, text: `${before.join(', ')} → ${after.join(', ')}` }) as const,
    ),
  ]
  if (!rows.length) return <p className="t2">{t(found.unified ? 'diff.no_name' : 'diff.same')}</p>
  return (
    <ul className={css.names}>
      {rows.map(({ kind, name, text }) => (
        <li key={`${kind} ${name}`}>
          <span className="t2">{t(`diff.${kind}`)}</span>
          <span className="mono b5">{name}</span>
          <span className="mono">{text}</span>
        </li>
      ))}
    </ul>
  )
}

const KIND: Record<string, 'added' | 'removed' | 'place'> = { '+': 'added', '-': 'removed', '@': 'place' }

/** As `diff -u` writes it: the sign is part of the line, so the colour says nothing alone. */
function Unified({ text }: { text: string }) {
  const { t } = useTranslation('hosts')
  return (
    <div className={css.unified} role="group" aria-label={t('diff.lines')} tabIndex={0}>
      {text
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => (
          <div key={index} className={css[(index < 2 ? undefined : KIND[line[0] ?? '']) ?? 'kept']}>
            {line}
          </div>
        ))}
    </div>
  )
}

type Props = {
  environment: string
  newest: number
  before: number
  after: number
  onCompare: (before: number, after: number) => void
}

export function Difference({ environment, newest, before, after, onCompare }: Props) {
  const { t } = useTranslation('hosts')
  const found = useQuery(differenceQuery(environment, before, after))
  const options = Array.from({ length: newest + 1 }, (_, index) => newest - index).map((number) => ({
    value: number,
    label: number ? t('version', { number }) : t('empty_file'),
  }))
  return (
    <>
      <div className={css.choose}>
        <Select
          aria-label={t('diff.before')}
          value={before}
          options={options}
          onChange={(number: number) => onCompare(number, after)}
        />
        <span className="t3" aria-hidden>
          →
        </span>
        <Select
          aria-label={t('diff.after')}
          value={after}
          options={options}
          onChange={(number: number) => onCompare(before, number)}
        />
      </div>
      {found.isPending && <Loading />}
      {found.isError && <RegionError error={found.error} retry={() => void found.refetch()} />}
      {found.data && (
        <>
          <Names found={found.data} />
          {found.data.unified && <Unified text={found.data.unified} />}
        </>
      )}
    </>
  )
}
