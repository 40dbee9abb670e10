/** An ended session of somebody else: what it was, how it ended, what happened; its recording is one click away. */
import type { SessionDetail } from '@/lib/api/terminals'
import { EndCard } from './EndCard'
import { Rail } from './Rail'
import { SessionBar } from './SessionBar'
import { Top } from './Top'
import css from './terminals.module.css'

export function EndedView({ session }: { session: SessionDetail }) {
  return (
    <div className={css.session}>
      <Top session={session} isOver />
      <SessionBar session={session} state={null} />
      <div className={css.body}>
        <div className={css.stage}>
          <div className={`${css.screen} ${css.empty}`}>
            <EndCard session={session} said={null} />
          </div>
        </div>
        <Rail session={session} />
      </div>
    </div>
  )
}
