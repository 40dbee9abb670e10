/** The overview's buttons in the top bar: one filled, for this reader; the same acts for the command palette. */
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { TopBar } from '@/components/TopBar'
import { usePageActions, type PageAction } from '@/lib/actions'
import type { Schemas } from '@/lib/api/client'
import { useMe } from '@/lib/me'
import { useIsPhone } from '@/lib/screen'
import type { Row } from './board'
import { mayRelease, primaryOf, rollBackPlace } from './next'

export function Buttons({ rows, project }: { rows: Row[]; project: Schemas['Project'] }) {
  const { t } = useTranslation('overview')
  const navigate = useNavigate()
  const phone = useIsPhone()
  const id = useMe().id
  const params = { project: project.slug }
  const primary = primaryOf(rows, { id, roles: project.my_roles })
  const place = rollBackPlace(rows)
  const release = mayRelease(rows)

  const actions: (PageAction & { primary: boolean })[] = []
  if (place) {
    actions.push({
      id: 'roll-back',
      label: t('do.roll_back'),
      shortcut: 'b',
      primary: false,
      run: () => void navigate({ to: '/p/$project/rollback', params, search: { env: place } }),
    })
  }
  if (release) {
    actions.push({
      id: 'release',
      label: t('do.release'),
      shortcut: 'n',
      primary: primary?.kind === 'release',
      run: () => void navigate({ to: '/p/$project/releases/new', params }),
    })
  }
  if (primary?.kind === 'approve') {
    actions.push({
      id: 'approve',
      label: t('do.approve'),
      hint: `#${primary.ticket}`,
      shortcut: 'a',
      primary: true,
      run: () => void navigate({ to: '/tickets/$id', params: { id: String(primary.ticket) } }),
    })
  }
  if (primary?.kind === 'verdict') {
    actions.push({
      id: 'verdict',
      label: t('do.verdict'),
      hint: primary.environment,
      shortcut: 'v',
      primary: true,
      run: () => void navigate({ to: '/p/$project', params, search: { verdict: primary.environment } }),
    })
  }
  usePageActions(actions)
  const shown = phone ? actions.filter((action) => action.primary) : actions
  if (!shown.length) return null
  return (
    <TopBar
      right={shown.map((action) => (
        <KeyButton
          key={action.id}
          type={action.primary ? 'primary' : 'default'}
          shortcut={action.shortcut}
          onPress={action.run}
        >
          {action.label}
        </KeyButton>
      ))}
    />
  )
}
