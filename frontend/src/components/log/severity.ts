/** What a log line is by its words: a stage mark, a warning, an error, or nothing special. Says nothing about the build. */

export const PLAIN = 0
export const WARNING = 1
export const ERROR = 2
export const STAGE = 3
export type Severity = typeof PLAIN | typeof WARNING | typeof ERROR | typeof STAGE

/** Words that decide stand early; a line of megabytes is judged by its beginning. */
const LOOKED_AT = 400

const MARK = /^::opsportal stage=([a-z][a-z0-9_-]{0,30})::[ \t]*$/
const ERRORS =
  /^\s*(?:\[(?:ERROR|FATAL|SEVERE)\]|(?:ERROR|FATAL|SEVERE|CRITICAL)\b[: ]|(?:fatal|error|panic)(?:\[[^\]]{1,12}\])?: |npm ERR!|npm error |E: |Traceback \(most recent call last\)|Exception in thread |--- FAIL: |BUILD FAILURE\b|make(?:\[\d+\])?: \*\*\* |\*\*\* Error )|^\[?[\d:T .,Z+-]{8,32}\]? +(?:\[[^\]]{1,40}\] +)?(?:ERROR|FATAL)\b|^\S{1,200}:\d+(?::\d+)?: (?:fatal )?error: |^(?:[\w.$]{1,120}\.)?[A-Z]\w{0,80}(?:Error|Exception): |^PHP (?:Parse|Fatal) error: |^Caused by: /
const WARNINGS =
  /^\s*(?:\[WARN(?:ING)?\]|WARN(?:ING)?\b[: ]|[Ww]arning: |npm (?:WARN|warn) |W: )|^\[?[\d:T .,Z+-]{8,32}\]? +(?:\[[^\]]{1,40}\] +)?WARN(?:ING)?\b|^\S{1,200}:\d+(?::\d+)?: warning: |\bDeprecationWarning: /

/** The stage that a line opens, or null. */
export const stageOf = (text: string): string | null => (text.length > 80 ? null : (MARK.exec(text)?.[1] ?? null))

export function severityOf(text: string): Severity {
  if (stageOf(text) !== null) return STAGE
  const begin = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text
  if (ERRORS.test(begin)) return ERROR
  return WARNINGS.test(begin) ? WARNING : PLAIN
}
