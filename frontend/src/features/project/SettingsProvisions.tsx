/** Settings, provisions: what the portal made for the project outside, and the way to archive it. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import { Archive } from './provisions/Archive'
import { ProvisionTable } from './provisions/ProvisionTable'
import { provisionsQuery } from './provisions/queries'
import { useMayChange, type Project } from './settingsProject'
import css from './Settings.module.css'

export function SettingsProvisions({ project }: { project: Project }) {
  const { t } = useTranslation('access')
  const found = useQuery(provisionsQuery(project.slug))
  const may = useMayChange(project)
  const rows = found.data?.results ?? []
  return (
    <>
      <section className={css.part} aria-labelledby="provisions">
        <h2 id="provisions">{t('provisions')}</h2>
        {found.isError && (
          <RegionError
            error={found.error}
            retry={() => void found.refetch()}
            shownAt={found.data ? found.dataUpdatedAt : undefined}
          />
        )}
        {found.isPending && <Loading />}
        {found.data &&
          (rows.length ? (
            <ProvisionTable rows={rows} label={t('provisions')} />
          ) : (
            <div className="card">
              <Empty>{t('provisions.none')}</Empty>
            </div>
          ))}
      </section>
      {project.stage === 'active' && (
        <section className={css.part} aria-labelledby="archive">
          <h2 id="archive">{t('archive')}</h2>
          {may ? <Archive slug={project.slug} /> : <Denied reason={{ code: 'policy.needs_owner' }} />}
        </section>
      )}
    </>
  )
}
