/** What is pasted into a shell: no control characters, lines as the Enter key sends them, bracketed where the shell wants it. Pure. */

/** A pasted escape could end the brackets and run what follows. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

export const cleanPaste = (text: string): string => text.replace(/\r\n?/g, '\n').replace(CONTROLS, '')

/** A line feed at the end runs the line, too: that is more than one line. */
export const linesOf = (text: string): number => cleanPaste(text).split('\n').length

export function pasted(text: string, isBracketed: boolean): string {
  const typed = cleanPaste(text).replaceAll('\n', '\r')
  return isBracketed ? `\u001b[200~${typed}\u001b[201~` : typed
}
