/** How this person wants terminals in this browser: size of the type, read aloud or not, and the container last chosen. */

export type TerminalPreferences = { fontSize: number; reader: boolean }
export const FONT_SIZES = [11, 12, 13, 14, 16, 18, 20] as const
const DEFAULTS: TerminalPreferences = { fontSize: 13, reader: false }
const key = (userId: number, what: string) => `opsportal.terminal.${userId}.${what}`

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null')
  } catch {
    return null // storage may be forbidden, or somebody wrote into it
  }
}

function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch (error) {
    console.debug('a preference of terminals is not remembered', error)
  }
}

export function terminalPreferences(userId: number): TerminalPreferences {
  const kept = read(key(userId, 'look')) as Partial<TerminalPreferences> | null
  const fontSize = FONT_SIZES.find((size) => size === kept?.fontSize) ?? DEFAULTS.fontSize
  return { fontSize, reader: kept?.reader === true }
}

export const keepTerminalPreferences = (userId: number, kept: TerminalPreferences): void =>
  write(key(userId, 'look'), kept)

/** Which container of a workload was opened last: named, for pods come and go. */
export function rememberedContainer(userId: number, workload: number): string | null {
  const kept = read(key(userId, `container.${workload}`))
  return typeof kept === 'string' ? kept : null
}

export const rememberContainer = (userId: number, workload: number, name: string): void =>
  write(key(userId, `container.${workload}`), name)
