/** Versions to choose from, newest first: a few, the chosen one always among them, the rest behind one click. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useEnvironmentWord } from '@/lib/environment'
import { Choice, Choices } from './FilingLayout'
import { runningDigests, type Release, type BoardRow } from './logic'
import { VersionBody } from './VersionBody'

const FIRST = 6
type Props = {
  label: string
  aside?: string
  releases: Release[]
  rows: BoardRow[]
  value: string | undefined
  onChoose: (tag: string) => void
}

/** What names a version in a form and a link: its tag; an image without one, its digest. */
export const nameOfVersion = (release: Release): string => release.tag || release.digest

export function VersionChoice({ label, aside, releases, rows, value, onChoose }: Props) {
  const word = useEnvironmentWord()
  const { t } = useTranslation()
  const [all, setAll] = useState(false)
  const index = releases.findIndex((release) => nameOfVersion(release) === value)
  const shown = all ? releases : releases.filter((_, at) => at < FIRST || at === index)
  const names = new Map(rows.map((row) => [row.environment.slug, word(row.environment)]))
  return (
    <Choices label={label} aside={aside}>
      {shown.map((release) => (
        <Choice
          key={release.id}
          name="version"
          value={nameOfVersion(release)}
          checked={nameOfVersion(release) === value}
          onChoose={onChoose}
        >
          <VersionBody
            release={release}
            nameOfEnvironment={(slug) => names.get(slug) ?? slug}
            runsIn={rows.filter((row) => runningDigests(row).has(release.digest)).map((row) => row.environment.slug)}
          />
        </Choice>
      ))}
      {shown.length < releases.length && (
        <button type="button" className="link" style={{ justifySelf: 'start' }} onClick={() => setAll(true)}>
          {t('more', { n: releases.length - shown.length })}
        </button>
      )}
    </Choices>
  )
}
