/** A change of images as it is drawn everywhere: from which to which, and the clusters in the order of their waves. Draws only. */
import { ArrowRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ImageName } from './Image'
import css from './Waves.module.css'

type ImageOf = { tag?: string | null; digest?: string | null }

/** `to` may be more than an image: one not built yet has but a pattern. */
export function FromTo({ from, to, short = false }: { from: ImageOf[]; to: ImageOf | ReactNode; short?: boolean }) {
  const { t } = useTranslation()
  const images = new Map(from.map((image) => [image.digest || image.tag, image])) // the same image in two registries is one
  return (
    <div className={css.fromTo}>
      <span className={css.froms}>
        {[...images].map(([key, image]) => (
          <span key={key} className={css.old}>
            <ImageName {...image} short={short} />
          </span>
        ))}
      </span>
      <span className={css.to}>
        {from.length > 0 && <ArrowRight size={16} aria-label={t('image.becomes')} className="t3" />}
        {isImage(to) ? <ImageName {...to} short={short} /> : to}
      </span>
    </div>
  )
}

const isImage = (to: ImageOf | ReactNode): to is ImageOf =>
  typeof to === 'object' && to !== null && ('tag' in to || 'digest' in to)

export type WavePlace = {
  key: string
  wave: number
  /** "Wave 2" */
  label: string
  /** instead of the number, once it has begun */
  mark?: ReactNode
  cluster: string
  note: ReactNode
  isSilent?: boolean
  title?: string
}

export function WavesBox({ head, places }: { head: ReactNode; places: WavePlace[] }) {
  return (
    <div className={css.box}>
      {head}
      <ol className={css.waves}>
        {places.map(({ key, wave, label, mark, cluster, note, isSilent, title }) => (
          <li key={key} className={`${css.wave} ${isSilent ? 'hatched' : ''}`} title={title}>
            {mark ?? (
              <span className={css.number} aria-label={label} title={label}>
                {wave}
              </span>
            )}
            <span className={css.place}>
              <span className={css.cluster}>{cluster}</span>
              <span className={`t2 s12 tnum ${css.note}`}>{note}</span>
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
