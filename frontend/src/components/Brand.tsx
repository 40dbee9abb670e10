/** The mark of the portal, alone or with its name. */
import css from './Brand.module.css'

export function Brand({ size = 20, name = false }: { size?: number; name?: boolean }) {
  return (
    <span className={css.brand}>
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        aria-hidden={name || undefined}
        role={name ? undefined : 'img'}
        aria-label={name ? undefined : 'opsportal'}
      >
        <rect width="24" height="24" rx="5.4" className={css.ground} />
        <path d="m7 12.5 3.4 3.4L17 9" className={css.tick} />
      </svg>
      {name && <span className={css.name}>opsportal</span>}
    </span>
  )
}
