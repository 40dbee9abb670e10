/** Tells what a terminal says of itself from what a person types. Where the cursor is may be told; shells draw by it. */

/** DA, DECRPM, DECRQSS, colours, titles, window, status, focus; a key press is never one of these. */
// eslint-disable-next-line no-control-regex
const ANSWER = /^\u001b(?:\[[?>=][\d;]*\$?[a-zA-Z]|[\]P^_][^]{2,}|\[[\d;]*[nt]|\[[IO])$/

export const isAnswer = (data: string): boolean => ANSWER.test(data)
