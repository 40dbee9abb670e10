/** The commits that come with a card, or the reason why they are not known. */
import { useTranslation } from 'react-i18next'
import { CommitLines } from '@/components/CommitLines'
import { useEnvironmentWord } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import { Section } from './Section'
import { commitsTell, type Facts } from './types'

const FIRST = 3

export function Commits({ facts }: { facts: Facts }) {
  const { t } = useTranslation('ticket')
  const word = useEnvironmentWord()
  const { commits, card } = facts
  if (!card.release || !commitsTell(card)) return null
  const environment = word(commits.data?.environment ?? card.environment)
  const found = commits.data?.commits
  const title = t(found?.taken_back ? 'commits_back' : 'commits_since', { environment })
  if (commits.failed)
    return (
      <Section title={title}>
        <p className="t2">{t('q.commits_unknown')}</p>
      </Section>
    )
  if (!commits.data) return null
  if (!found)
    return (
      <Section title={title}>
        <p className="t2">{commits.data.reason ? sentence(commits.data.reason) : t('q.commits_unknown')}</p>
      </Section>
    )
  return (
    <Section title={title} note={<span className="tnum">{found.commits.length}</span>}>
      {found.commits.length === 0 && <p className="t2">{t('no_commits')}</p>}
      <CommitLines commits={found.commits} first={FIRST} />
    </Section>
  )
}
