/** What the form begins with. Each beginning has its own address and its own draft, so choosing another loses nothing. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { useSlugWord } from '@/lib/environment'
import { usePresets } from './presets/queries'
import { listQuery, revisionsQuery, type Which } from './queries'
import { startOf } from './start'
import css from './configuration.module.css'

type Props = { which: Which; start: string; inForce: number }
type Option = { value: string; label: string }

/** Every beginning there is, in groups; the one of the address is always among them. */
function useBeginnings({ which, start, inForce }: Props) {
  const { t } = useTranslation('configuration')
  const word = useSlugWord()
  const list = useQuery(listQuery(which.project)).data?.results ?? []
  const newest = useInfiniteQuery(revisionsQuery(which)).data?.pages[0]?.results[0]?.number ?? 0
  const presets = usePresets(which.project).rows ?? []
  const asked = startOf(start)
  const revisions = new Set(newest > inForce ? [newest] : [])
  if (asked.kind === 'revision') revisions.add(asked.number)
  const here: Option[] = [
    { value: '', label: inForce ? t('start.force', { number: inForce }) : t('start.default') },
    ...(inForce ? [{ value: 'default', label: t('start.default') }] : []),
    ...[...revisions].map((number) => ({
      value: `revision-${number}`,
      label: t(number > inForce ? 'start.proposed' : 'revision', { number }),
    })),
  ]
  const others = list
    .filter((one) => one.name === which.name && one.environment !== which.environment && one.current)
    .map((one) => ({ value: `env-${one.environment}`, label: word(one.environment) }))
  const saved = presets.map(({ id, name }) => ({ value: `preset-${id}`, label: name }))
  const groups = [
    { label: t('start.here'), options: here },
    { label: t('start.others'), options: others },
    { label: t('presets'), options: saved },
  ].filter((group) => group.options.length)
  const isKnown = groups.some((group) => group.options.some((one) => one.value === start))
  return { groups, value: isKnown ? start : '' }
}

export function StartFrom(props: Props) {
  const { t } = useTranslation('configuration')
  const navigate = useNavigate()
  const { groups, value } = useBeginnings(props)
  return (
    <Select
      aria-label={t('start')}
      className={css.start}
      prefix={<span className="t2">{t('start')}</span>}
      value={value}
      options={groups}
      popupMatchSelectWidth={false}
      onChange={(to) =>
        void navigate({
          to: '/p/$project/configuration/$environment/$name',
          params: props.which,
          search: to ? { start: to } : {},
        })
      }
    />
  )
}
