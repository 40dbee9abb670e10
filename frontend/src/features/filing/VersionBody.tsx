/** A version as it is chosen: glyph and tag, what it brings, and where it passed or failed. */
import { CircleCheck, CircleX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { ImageName } from '@/components/Image'
import { nameOf } from '@/components/Person'
import { useEnvironmentWord } from '@/lib/environment'
import { verdictsOf, type Release } from './logic'
import css from './filing.module.css'

type Props = { release: Release; runsIn: string[]; nameOfEnvironment: (slug: string) => string }

export function VersionBody({ release, runsIn, nameOfEnvironment }: Props) {
  const word = useEnvironmentWord()
  const { t } = useTranslation('filing')
  const verdicts = [...verdictsOf(release).values()]
  const ran = release.ran_in.filter((one) => !verdicts.some((verdict) => verdict.environment.slug === one.environment))
  const title = release.commit_title || (release.is_built_here ? release.ref : t('version.not_built_here'))
  return (
    <>
      <span className={css.choiceTop}>
        <ImageName tag={release.tag} digest={release.digest} />
        {release.is_built_here && (
          <span className={css.choiceEnd}>
            <Age at={release.built_at ?? release.created_at} />
          </span>
        )}
      </span>
      <span className="clip">{title}</span>
      <span className={css.choiceSub}>
        {verdicts.map((verdict) => (
          <span
            key={verdict.id}
            className={verdict.outcome === 'passed' ? css.passed : css.failed}
            title={verdict.comment || undefined}
          >
            {verdict.outcome === 'passed' ? <CircleCheck size={12} aria-hidden /> : <CircleX size={12} aria-hidden />}
            {t(verdict.outcome === 'passed' ? 'version.passed' : 'version.failed')}
            <span className="t3">
              {t('version.verdict', { environment: word(verdict.environment), name: nameOf(verdict.actor) })}
            </span>
          </span>
        ))}
        {runsIn.map((slug) => (
          <span key={`runs ${slug}`}>{t('version.runs', { environment: nameOfEnvironment(slug) })}</span>
        ))}
        {!verdicts.length &&
          ran
            .filter((one) => !runsIn.includes(one.environment))
            .map((one) => (
              <span key={one.environment}>{t('version.ran', { environment: nameOfEnvironment(one.environment) })}</span>
            ))}
        {!verdicts.length && release.ran_in.length > 0 && <span>{t('version.no_verdict')}</span>}
        {release.is_built_here && !release.ran_in.length && !runsIn.length && <span>{t('version.never_ran')}</span>}
      </span>
    </>
  )
}
