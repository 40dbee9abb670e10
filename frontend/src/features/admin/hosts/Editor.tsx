/** A plain text box with line numbers; lines with a problem are marked, and the problems are listed under it. */
import { CircleAlert } from 'lucide-react'
import { useRef, type CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import { sentence } from '@/lib/i18n'
import { rangeOf, type Problem } from './problems'
import css from './hosts.module.css'

const LEAST = 12
/** Lines kept in sight above the one that is gone to. */
const ABOVE = 3

type Props = { id: string; label: string; text: string; problems: Problem[]; onChange: (text: string) => void }

function Numbers({ count, wrong }: { count: number; wrong: ReadonlySet<number> }) {
  return (
    <div className={css.numbers} aria-hidden>
      {Array.from({ length: count }, (_, index) => (
        <span key={index} data-wrong={wrong.has(index + 1) || undefined}>
          {index + 1}
        </span>
      ))}
    </div>
  )
}

export function Editor({ id, label, text, problems, onChange }: Props) {
  const { t } = useTranslation('hosts')
  const box = useRef<HTMLTextAreaElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const lines = text.split('\n').length
  const rows = Math.max(lines, LEAST)
  const wrong = new Set(problems.flatMap(({ line }) => line ?? []))
  const go = (line: number) => {
    if (!box.current || !frame.current) return
    box.current.focus({ preventScroll: true })
    box.current.setSelectionRange(...rangeOf(text, line))
    frame.current.scrollTop = ((line - 1 - ABOVE) * frame.current.scrollHeight) / rows
    frame.current.scrollIntoView({ block: 'nearest' })
  }
  return (
    <>
      <div className={css.editor} ref={frame} data-wrong={problems.length > 0 || undefined}>
        <Numbers count={lines} wrong={wrong} />
        <div className={css.paper}>
          {[...wrong].map((line) => (
            <span key={line} className={css.stripe} style={{ '--at': line - 1 } as CSSProperties} aria-hidden />
          ))}
          <textarea
            ref={box}
            id={id}
            aria-label={label}
            aria-invalid={problems.length > 0 || undefined}
            aria-describedby={problems.length ? `${id}-problems` : undefined}
            className={css.text}
            rows={rows}
            wrap="off"
            spellCheck={false}
            autoCapitalize="off"
            autoCorrect="off"
            placeholder={t('placeholder')}
            value={text}
            onChange={(event) => onChange(event.target.value)}
          />
        </div>
      </div>
      {problems.length > 0 && (
        <ul id={`${id}-problems`} className={css.problems} aria-label={t('problems')}>
          {problems.map(({ line, problem }, index) => (
            <li key={index}>
              <CircleAlert size={13} aria-hidden />
              {line === null ? (
                <span>{sentence(problem)}</span>
              ) : (
                <button type="button" className={css.problem} onClick={() => go(line)}>
                  {sentence({ ...problem, params: { ...problem.params, line } })}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
