/** The page's buttons in the top bar: copy as new, the one next move, roll back, cancel. Absent where it is not allowed. */
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { TopBar } from '@/components/TopBar'
import type { Schemas } from '@/lib/api/client'
import { useSlugWord } from '@/lib/environment'
import { usePageActions, type PageAction } from '@/lib/actions'
import { isOver } from '@/lib/status'
import { useIsPhone } from '@/lib/screen'
import { runsInProduction, type Situation } from './nextMove'

type Props = {
  release: Schemas['ReleaseCard']
  card: Schemas['TicketCard'] | undefined
  board: Schemas['BoardEnvironment'][]
  situation: Situation | null
  /** the panel is open and has its own button */
  isVerdictOpen: boolean
  isRetrying: boolean
  onVerdict: (environment: string) => void
  onRetry: () => void
  onCancel: () => void
}

export function Actions({
  release,
  card,
  board,
  situation,
  isVerdictOpen,
  isRetrying,
  onVerdict,
  onRetry,
  onCancel,
}: Props) {
  const { t } = useTranslation('release')
  const called = useSlugWord()
  const navigate = useNavigate()
  const isPhone = useIsPhone()
  const project = release.project.slug
  const move = isVerdictOpen ? undefined : situation?.move
  const isRunning = card !== undefined && !isOver(card.status)
  const mayCancel = isRunning && card.rights.cancel.allowed && card.cancel_requested_at === null
  const production = runsInProduction(release, board)
  const mayRollBack = production !== undefined && production.rights.roll_back.allowed
  const copy = () =>
    void navigate({
      to: '/p/$project/releases/new',
      params: { project },
      search: { copy: release.ticket ?? undefined },
    })
  const promote = (to: string) =>
    void navigate({
      to: '/p/$project/promote',
      params: { project },
      search: { tag: release.tag || release.digest, to },
    })
  const rollBack = () =>
    void navigate({ to: '/p/$project/rollback', params: { project }, search: { env: production?.environment.slug } })

  const actions: PageAction[] = []
  if (move?.what === 'verdict')
    actions.push({
      id: 'release.verdict',
      label: t('act.verdict'),
      shortcut: 'v',
      run: () => onVerdict(move.environment),
    })
  if (move?.what === 'promote')
    actions.push({
      id: 'release.promote',
      label: t('act.promote', { environment: called(move.to) }),
      shortcut: 'p',
      run: () => promote(move.to),
    })
  if (move?.what === 'retry') actions.push({ id: 'release.retry', label: t('act.retry'), shortcut: 'r', run: onRetry })
  if (release.ticket !== null) actions.push({ id: 'release.copy', label: t('act.copy'), run: copy })
  if (mayRollBack) actions.push({ id: 'release.rollback', label: t('act.roll_back'), shortcut: 'b', run: rollBack })
  if (mayCancel) actions.push({ id: 'release.cancel', label: t('act.cancel'), run: onCancel })
  usePageActions(actions)

  const main = actions.find((action) => ['release.verdict', 'release.promote', 'release.retry'].includes(action.id))
  return (
    <TopBar
      right={
        <>
          {release.ticket !== null && !(isPhone && (main || mayCancel)) && (
            <Button onClick={copy}>{t('act.copy')}</Button>
          )}
          {mayRollBack && !isPhone && (
            <KeyButton shortcut="b" onPress={rollBack}>
              {t('act.roll_back')}
            </KeyButton>
          )}
          {main && (
            <KeyButton
              type="primary"
              shortcut={main.shortcut}
              onPress={main.run}
              loading={isRetrying && { delay: 300 }}
            >
              {main.label}
            </KeyButton>
          )}
          {mayCancel && (
            <Button danger onClick={onCancel}>
              {t('act.cancel')}
            </Button>
          )}
        </>
      }
    />
  )
}
