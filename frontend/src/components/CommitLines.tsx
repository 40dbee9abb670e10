/** Commits as lines, newest first: a few at once, all on request. Asks nothing and has no heading. */
import { GitCommitHorizontal } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar } from '@/components/Person'
import type { Schemas } from '@/lib/api/client'
import css from './CommitLines.module.css'

type Props = {
  /** as the API gives them, oldest first */
  commits: Schemas['Commit'][]
  first: number
  /** where space is short: the title, then the short hash; nobody's face */
  narrow?: boolean
}

export function CommitLines({ commits, first, narrow = false }: Props) {
  const { t } = useTranslation()
  const [all, setAll] = useState(false)
  const newest = commits.toReversed()
  const shown = all ? newest : newest.slice(0, first)
  const rest = newest.length - shown.length
  if (!newest.length) return null
  return (
    <>
      <ul className={narrow ? css.narrow : css.list}>
        {shown.map((commit) => (
          <li key={commit.sha} className={css.commit}>
            <GitCommitHorizontal size={14} aria-hidden className="t3" />
            <code className="t3" title={commit.sha}>
              {commit.sha.slice(0, 7)}
            </code>
            <span className={all && narrow ? 'grow' : 'clip grow'} title={commit.title}>
              {commit.title}
            </span>
            {!narrow && <Avatar person={{ username: commit.author_name, display_name: commit.author_name }} />}
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <button type="button" className={`link s12 ${css.more}`} onClick={() => setAll(true)}>
          {t('more', { n: rest })}
        </button>
      )}
    </>
  )
}
