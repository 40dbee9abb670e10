/** Branch, tag or commit: searched in the repository while typing, but free text, because a commit is no name in a list. */
import { useQuery } from '@tanstack/react-query'
import { AutoComplete } from 'antd'
import { GitBranch, GitCommitHorizontal, Tag as TagIcon } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import type { Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useDebounced } from '@/lib/debounced'
import { sentence } from '@/lib/i18n'
import { Field } from './FilingLayout'
import { refsQuery } from './queries'
import css from './filing.module.css'

type Props = {
  project: string
  value: string
  problem: string | null
  /** while typing; `onSettle` when a ref is chosen or the field is left */
  onType: (ref: string) => void
  onSettle: (ref: string) => void
}

const ICONS: Record<string, typeof GitBranch> = { branch: GitBranch, tag: TagIcon }

export function RefField({ project, value, problem, onType, onSettle }: Props) {
  const { t } = useTranslation('filing')
  const [typed, setTyped] = useState('')
  const search = useDebounced(typed.trim(), 250)
  const refs = useQuery(refsQuery(project, search))
  const known = refs.data?.results ?? []
  const chosen = known.find((ref) => ref.name === value)
  const options = known.map((ref) => ({
    value: ref.name,
    label: <Option found={ref} isDefault={ref.name === refs.data?.default_branch} />,
  }))
  const help = refs.error ? sentence(asApiError(refs.error)) : chosen ? <Resolved found={chosen} /> : t('ref.help')
  return (
    <Field label={t('ref.label')} problem={problem} help={help}>
      {({ id, describedBy, invalid }) => (
        <AutoComplete
          id={id}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          status={invalid ? 'error' : ''}
          value={value}
          options={options}
          placeholder={t('ref.placeholder')}
          style={{ width: '100%' }}
          defaultActiveFirstOption={false}
          notFoundContent={null}
          onSearch={(text) => {
            setTyped(text)
            onType(text)
          }}
          onSelect={(name: string) => {
            setTyped('')
            onSettle(name)
          }}
          onBlur={() => {
            setTyped('')
            onSettle(value.trim())
          }}
        />
      )}
    </Field>
  )
}

function Option({ found, isDefault }: { found: Schemas['Ref']; isDefault: boolean }) {
  const { t } = useTranslation('filing')
  const Icon = ICONS[found.kind] ?? GitCommitHorizontal
  return (
    <span className={css.option}>
      <Icon size={14} aria-label={t(`ref.${found.kind}` as 'ref.branch', { defaultValue: found.kind })} />
      <span className="clip">
        <span className="b5">{found.name}</span>
        {isDefault && <span className="t3 s12"> {t('ref.default')}</span>}
        <span className="t3 s12"> · {found.title}</span>
      </span>
      {found.committed_at && (
        <span className="t3 s12">
          <Age at={found.committed_at} short />
        </span>
      )}
    </span>
  )
}

function Resolved({ found }: { found: Schemas['Ref'] }) {
  return (
    <span className="row" style={{ gap: 6 }}>
      <span className={css.sha}>{found.commit.slice(0, 8)}</span>
      <span className="clip">{found.title}</span>
      {found.committed_at && (
        <span className="t3" style={{ flex: 'none' }}>
          · <Age at={found.committed_at} />
        </span>
      )}
    </span>
  )
}
