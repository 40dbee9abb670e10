/** The way back from production: to which version, whether its image is still there, and how long it takes. Starts nothing. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RotateCcw, ShieldAlert, ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ImageName } from '@/components/Image'
import type { Schemas } from '@/lib/api/client'
import { presenceQuery, typicalQuery } from '@/lib/api/queries'
import { useEnvironmentWord } from '@/lib/environment'
import { sentence } from '@/lib/i18n'
import { duration } from '@/lib/time'
import type { Row } from './board'
import css from './Overview.module.css'

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Clusters of the environment whose registry has the image. */
function armed(row: Row, presence: Schemas['Presence'] | undefined): Set<string> {
  const there = new Set(presence?.registries.filter((one) => one.present).flatMap((one) => one.clusters))
  return new Set(row.cells.map((cell) => cell.cluster.name).filter((name) => there.has(name)))
}

export function Rollback({ row, project }: { row: Row; project: string }) {
  const word = useEnvironmentWord()
  const { t } = useTranslation('overview')
  const { t: common } = useTranslation()
  const back = row.last_known_good
  const presence = useQuery(presenceQuery(back?.release.id ?? null)).data
  const typical = useQuery(typicalQuery(project, 'roll_back', back ? row.environment.slug : undefined)).data
  const clusters = new Set(row.cells.map((cell) => cell.cluster.name))
  const ready = armed(row, presence)
  const complete = ready.size === clusters.size
  const centres = [
    ...new Set(
      row.cells
        .filter((cell) => ready.has(cell.cluster.name))
        .map((cell) => cell.cluster.data_centre || cell.cluster.name),
    ),
  ]
  return (
    <section className="card" aria-labelledby="rollback">
      <div className={css.cardHead}>
        <RotateCcw size={15} aria-hidden className={back && complete ? css.okText : 't3'} />
        <h2 id="rollback" className="grow">
          {!back ? t('back.title') : presence && !complete ? t('back.not_armed') : t('back.armed')}
        </h2>
        {back && presence && (
          <span className={`${css.pill} ${complete ? css.pill_ok : css.pill_wait}`}>
            {complete ? <ShieldCheck size={12} aria-hidden /> : <ShieldAlert size={12} aria-hidden />}
            <span className="tnum">
              {ready.size}/{clusters.size}
            </span>
            <span className="hidden-visually">{t('back.clusters')}</span>
          </span>
        )}
      </div>
      <div className={css.cardBody}>
        {!back ? (
          <p className="t2">{t('back.none', { environment: word(row.environment) })}</p>
        ) : (
          <>
            <p className="t2 s12">{t('back.good')}</p>
            <Link to="/p/$project/releases/$tag" params={{ project, tag: back.release.tag }} className={css.backTo}>
              <ImageName tag={back.release.tag} digest={back.release.digest} />
            </Link>
            <dl className={css.facts}>
              <Fact name={t('back.ran')}>{duration(back.ran_seconds, common)}</Fact>
              {presence && (
                <Fact name={t('back.image')}>
                  {centres.length
                    ? centres.join(' · ')
                    : presence.reason
                      ? sentence(presence.reason)
                      : t('back.image_gone')}
                </Fact>
              )}
              {typical?.total_seconds != null && (
                <Fact name={t('back.takes')}>{duration(typical.total_seconds, common)}</Fact>
              )}
            </dl>
            {row.rights.roll_back.allowed && (
              <Link
                to="/p/$project/rollback"
                params={{ project }}
                search={{ env: row.environment.slug }}
                className="link s12"
              >
                {t('back.other')}
              </Link>
            )}
          </>
        )}
      </div>
    </section>
  )
}
