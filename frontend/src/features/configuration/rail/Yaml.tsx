/** The resulting YAML of one cluster: lines of the focused field lit, and beside the lines what standards say of them. */
import { useMemo } from 'react'
import { linesOf, litBy } from '../model/lines'
import type { Finding } from '../model/findings'
import css from './rail.module.css'

type Props = { label: string; yaml: string; findings: readonly Finding[]; focused: string; isOld: boolean }

/** Of two bars on one line red wins. */
function barsOf(findings: readonly Finding[], lines: ReturnType<typeof linesOf>): Map<number, 'deny' | 'warn'> {
  const found = new Map<number, 'deny' | 'warn'>()
  for (const { field, level } of findings)
    for (const line of litBy(field, lines)) if (found.get(line) !== 'deny') found.set(line, level)
  return found
}

export function Yaml({ label, yaml, findings, focused, isOld }: Props) {
  const lines = useMemo(() => linesOf(yaml), [yaml])
  const bars = useMemo(() => barsOf(findings, lines), [findings, lines])
  const lit = useMemo(() => litBy(focused, lines), [focused, lines])
  return (
    <div className={css.yaml} role="group" aria-label={label} tabIndex={0} data-old={isOld || undefined}>
      {lines.map((line, index) => (
        <div key={index} className={css.line} data-lit={lit.has(index) || undefined} data-level={bars.get(index)}>
          <span className={css.lineNumber} aria-hidden>
            {index + 1}
          </span>
          <span className={css.lineText}>{line.text || ' '}</span>
        </div>
      ))}
    </div>
  )
}
