/** The page's tools in the top bar: what the form begins with, the presets, and the secrets of the workload. */
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { BookmarkPlus, KeyRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useIsPhone } from '@/lib/screen'
import type { Doc } from './model/document'
import { Presets } from './presets/Presets'
import type { Which } from './queries'
import { Secrets } from './secrets/Secrets'
import { StartFrom } from './StartFrom'

const route = getRouteApi('/inside/p/$project/configuration/$environment/$name')
type Tool = 'presets' | 'secrets'

/** `isReader`: he may not propose, so nothing begins here. */
type Props = { which: Which; start: string; inForce: number; document: Doc; isReader: boolean }

export function Tools({ which, start, inForce, document, isReader }: Props) {
  const { t } = useTranslation('configuration')
  const isPhone = useIsPhone()
  const { open } = route.useSearch()
  const move = route.useNavigate()
  const show = (what: Tool | undefined) => void move({ search: (old) => ({ ...old, open: what }), replace: true })
  const close = () => show(undefined)
  const tools = [
    { what: 'presets', Icon: BookmarkPlus },
    { what: 'secrets', Icon: KeyRound },
  ] as const
  return (
    <>
      {!isReader && <StartFrom which={which} start={start} inForce={inForce} />}
      {tools.slice(isReader ? 1 : 0).map(({ what, Icon }) => (
        <Button
          key={what}
          icon={<Icon size={14} aria-hidden />}
          aria-label={isPhone ? t(what) : undefined}
          aria-haspopup="dialog"
          onClick={() => show(what)}
        >
          {!isPhone && t(what)}
        </Button>
      ))}
      {open === 'presets' && !isReader && <Presets project={which.project} document={document} onClose={close} />}
      {open === 'secrets' && <Secrets which={which} onClose={close} />}
    </>
  )
}
