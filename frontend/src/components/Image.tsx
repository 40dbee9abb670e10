/** An image as people meet it: its glyph, its tag with the time made strong, its digest to copy. */
import { useTranslation } from 'react-i18next'
import { glyphCells, shortDigest } from '@/lib/glyph'
import { tagParts } from '@/lib/image'
import { CopyButton } from './CopyButton'
import css from './Image.module.css'

export function Glyph({ digest, size = 16 }: { digest: string | null | undefined; size?: number }) {
  const { t } = useTranslation()
  const cells = digest ? glyphCells(digest) : null
  if (!cells || !digest) return <span className={css.noGlyph} style={{ width: size, height: size }} aria-hidden />
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 7 7"
      className={css.glyph}
      role="img"
      aria-label={t('image.label', { digest: shortDigest(digest) })}
      shapeRendering="crispEdges"
    >
      <title>{digest}</title>
      {cells.map(
        (ink, index) =>
          ink && <rect key={index} x={1 + (index % 5)} y={1 + Math.floor(index / 5)} width="1" height="1" />,
      )}
    </svg>
  )
}

/** A version tag; `short` drops the year, never the seconds or the user. */
export function Tag({ tag, short = false, strong = true }: { tag: string; short?: boolean; strong?: boolean }) {
  const parts = tagParts(tag)
  if (!parts) return <span className={css.tag}>{tag}</span>
  return (
    <span className={css.tag} title={short ? tag : undefined}>
      <span className={css.quiet}>
        {short ? '' : parts.year}
        {parts.day}-
      </span>
      <span className={strong ? css.strong : undefined}>{parts.time}</span>
      <span className={css.quiet}>{parts.rest}</span>
    </span>
  )
}

/** Glyph and tag together; an image without a tag of ours shows its digest. */
export function ImageName({
  tag,
  digest,
  short,
  size,
}: {
  tag?: string | null
  digest?: string | null
  short?: boolean
  size?: number
}) {
  return (
    <span className={css.name}>
      <Glyph digest={digest} size={size} />
      {tag ? <Tag tag={tag} short={short} /> : <span className={css.tag}>{digest ? shortDigest(digest) : '—'}</span>}
    </span>
  )
}

export function Digest({ digest }: { digest: string }) {
  return (
    <span className={css.name}>
      <span className={css.tag} title={digest}>
        {shortDigest(digest)}
      </span>
      <CopyButton text={digest} />
    </span>
  )
}
