/** A command as its arguments, each set apart, so that a space inside one is seen. */
import css from './Argv.module.css'

export function Argv({ argv }: { argv: readonly string[] }) {
  return (
    <span className={css.argv}>
      {argv.map((one, index) => (
        <code key={index}>{one}</code>
      ))}
    </span>
  )
}
