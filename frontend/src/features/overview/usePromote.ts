/** The key P: promotes what runs in the environment that has the focus. Goes to the page; asks for nothing itself. */
import { useNavigate } from '@tanstack/react-router'
import { useKey } from '@/lib/keys'
import type { Step } from './board'

export function usePromote(project: string, steps: Step[], enabled: boolean): void {
  const navigate = useNavigate()
  const open = steps.find((step) => step.kind === 'open' && (!step.right || step.right.allowed))
  useKey(
    'p',
    () => {
      if (open?.kind === 'open')
        void navigate({ to: '/p/$project/promote', params: { project }, search: { tag: open.tag, to: open.to } })
    },
    { enabled: enabled && Boolean(open) },
  )
}
