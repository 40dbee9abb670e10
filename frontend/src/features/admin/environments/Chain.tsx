/** The chain of environments, drawn left to right; on a phone a list, where each says what it receives from. */
import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '@/lib/api/client'
import { CARD, cornerOf, lineBetween, places, sizeOf, type Place } from './chain'
import css from './Chain.module.css'

type Environment = Schemas['Environment']

function useFacts(environment: Environment): string {
  const { t } = useTranslation(['admin', 'common'])
  return [
    environment.approvals_required
      ? t('env.approvals_count', { count: environment.approvals_required })
      : t('env.no_approval'),
    environment.is_gated ? t('env.verdict_needed') : null,
  ]
    .filter(Boolean)
    .join(' · ')
}

function Card({ environment, place, selected }: { environment: Environment; place: Place; selected: boolean }) {
  const { t } = useTranslation(['admin', 'common'])
  const facts = useFacts(environment)
  const tier = t(`common:tier.${environment.tier}`)
  const clusters = [...environment.placements].sort((a, b) => a.wave - b.wave).map(({ cluster }) => cluster)
  return (
    <li className={css.place} style={cornerOf(place)}>
      <Link
        to="/admin/environments"
        search={{ edit: environment.slug }}
        className={css.card}
        data-selected={selected || undefined}
        aria-current={selected || undefined}
      >
        <span className={css.head}>
          <span className={`b6 clip ${css.slug}`}>{environment.name}</span>
          {tier !== environment.name && <span className="t3 s12">{tier}</span>}
        </span>
        <span className="mono t3 clip">{environment.slug}</span>
        <span className="s12 t2 clip">{facts}</span>
        <span className="s12 t2 clip">{clusters.length ? clusters.join(' · ') : t('env.no_cluster')}</span>
        {environment.promotes_from.length > 0 && (
          <span className={css.from}>{t('env.from', { sources: environment.promotes_from.join(', ') })}</span>
        )}
      </Link>
    </li>
  )
}

export function Chain({ environments, selected }: { environments: Environment[]; selected: string | undefined }) {
  const { t } = useTranslation(['admin', 'common'])
  const arrow = useId()
  const placed = places(environments)
  const bySlug = new Map(placed.map((place) => [place.slug, place]))
  const size = sizeOf(placed)
  return (
    <div className={css.scroll} role="group" aria-label={t('env.chain')} tabIndex={0}>
      <div className={css.drawing} style={size}>
        <svg width={size.width} height={size.height} className={css.lines} aria-hidden>
          <defs>
            {(['line', 'lit'] as const).map((kind) => (
              <marker
                key={kind}
                id={`${arrow}-${kind}`}
                viewBox="0 0 8 8"
                refX="5"
                refY="4"
                markerWidth="9"
                markerHeight="9"
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path d="M1 1 6 4 1 7" className={css[kind]} />
              </marker>
            ))}
          </defs>
          {environments.flatMap((to) =>
            to.promotes_from.map((slug) => {
              const [from, target] = [bySlug.get(slug), bySlug.get(to.slug)]
              const kind = selected === to.slug ? 'lit' : 'line'
              return (
                from &&
                target && (
                  <path
                    key={`${slug} ${to.slug}`}
                    d={lineBetween(from, target)}
                    className={css[kind]}
                    markerEnd={`url(#${arrow}-${kind})`}
                  />
                )
              )
            }),
          )}
        </svg>
        <ul
          className={css.cards}
          style={{ ['--card-width' as string]: `${CARD.width}px`, ['--card-height' as string]: `${CARD.height}px` }}
        >
          {placed.map((place) => {
            const environment = environments.find(({ slug }) => slug === place.slug)
            return (
              environment && (
                <Card key={place.slug} environment={environment} place={place} selected={selected === place.slug} />
              )
            )
          })}
        </ul>
      </div>
    </div>
  )
}
