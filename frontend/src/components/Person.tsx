/** A person by initials and name. */
import css from './Person.module.css'

type Who = { username: string; display_name: string }

export const nameOf = (person: Who): string => person.display_name || person.username

export function initials(name: string): string {
  if (/[\u4e00-\u9fff]/.test(name)) return name.slice(-2)
  const words = name.split(/[\s._-]+/).filter(Boolean)
  return ((words[0]?.[0] ?? '?') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : (words[0]?.[1] ?? ''))).toUpperCase()
}

export function Avatar({ person, size = 20 }: { person: Who; size?: number }) {
  return (
    <span
      className={css.avatar}
      style={{ width: size, height: size, fontSize: size < 24 ? 10 : 11 }}
      title={nameOf(person)}
      aria-hidden
    >
      {initials(nameOf(person))}
    </span>
  )
}

export function Person({ person, quiet = false }: { person: Who; quiet?: boolean }) {
  return (
    <span className={css.person}>
      <Avatar person={person} />
      <span className={quiet ? 't2' : undefined} title={person.username}>
        {nameOf(person)}
      </span>
    </span>
  )
}
