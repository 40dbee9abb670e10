/** Grants: a project's people × environments, or one person's roles everywhere; what ends soon comes first. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { ProjectSelect } from '@/components/form/ProjectSelect'
import { Empty, Loading, RegionError } from '@/components/states'
import { environmentsQuery, grantsQuery, projectQuery } from '@/lib/api/queries'
import { useNow } from '@/lib/time'
import { GiveSheet } from './grants/GiveSheet'
import { GrantTable } from './grants/GrantTable'
import { Matrix } from './grants/Matrix'
import { endingSoon, SOON_DAYS, type Grant } from './grants/model'
import { useEnd } from './grants/useEnd'
import { Head } from './parts/Head'
import { useRight } from './rights'
import css from './Admin.module.css'

const route = getRouteApi('/inside/admin/grants')

type EndingProps = { grants: Grant[]; withPerson: boolean; withProject: boolean; onEnd: (grant: Grant) => void }

function EndingSoon({ grants, withPerson, withProject, onEnd }: EndingProps) {
  const { t } = useTranslation('admin')
  const now = useNow(60_000)
  const soon = endingSoon(grants, now)
  return (
    <section className={css.part} aria-labelledby="ending">
      <div className={css.sectionHead}>
        <h2 id="ending">{t('grant.ending', { n: SOON_DAYS })}</h2>
        {soon.length > 0 && <span className="t3 s12 tnum">{soon.length}</span>}
      </div>
      {soon.length ? (
        <GrantTable grants={soon} withPerson={withPerson} withProject={withProject} onEnd={onEnd} />
      ) : (
        <p className="t2">{t('grant.none_ending')}</p>
      )}
    </section>
  )
}

function OfProject({ slug, onEnd }: { slug: string; onEnd: (grant: Grant) => void }) {
  const { t } = useTranslation('admin')
  const { add, who, env } = route.useSearch()
  const navigate = route.useNavigate()
  const project = useQuery(projectQuery(slug))
  const grants = useQuery(grantsQuery({ project: slug }))
  const environments = useQuery(environmentsQuery)
  const right = useRight({ action: 'grant.manage', project: project.data?.id }, Boolean(project.data))
  if (project.isError) return <RegionError error={project.error} />
  if (grants.isError && !grants.data) return <RegionError error={grants.error} retry={() => void grants.refetch()} />
  if (!project.data || !grants.data) return <Loading />
  const give = (person?: string, environment?: string) =>
    void navigate({ search: { project: slug, add: true, who: person, env: environment } })
  const names = new Map(environments.data?.results.map((one) => [one.slug, one.name]))
  return (
    <>
      {right.refusal}
      <EndingSoon grants={grants.data.rows} withPerson withProject={false} onEnd={onEnd} />
      <section className={css.part} aria-labelledby="matrix">
        <div className={css.sectionHead}>
          <h2 id="matrix" className="grow">
            {t('grant.matrix', { project: slug })}
          </h2>
          {right.allowed && (
            <Button size="small" icon={<Plus size={14} aria-hidden />} onClick={() => give()}>
              {t('grant.give')}
            </Button>
          )}
        </div>
        <Matrix project={project.data} grants={grants.data.rows} mayGive={right.allowed} onGive={give} onEnd={onEnd} />
      </section>
      {add && right.allowed && (
        <GiveSheet
          project={project.data}
          who={who}
          environment={env}
          onClose={() => void navigate({ search: { project: slug } })}
          environments={project.data.environments.map((one) => ({ value: one, label: names.get(one) ?? one }))}
        />
      )}
    </>
  )
}

function Anywhere({ user, onEnd }: { user: string | undefined; onEnd: (grant: Grant) => void }) {
  const { t } = useTranslation('admin')
  const grants = useQuery(grantsQuery(user ? { user } : {}))
  if (grants.isError && !grants.data) return <RegionError error={grants.error} retry={() => void grants.refetch()} />
  if (!grants.data) return <Loading />
  const { rows, more } = grants.data
  return (
    <>
      {more && <p className={css.hint}>{t('grant.too_many')}</p>}
      <EndingSoon grants={rows} withPerson={!user} withProject onEnd={onEnd} />
      {user ? (
        <section className={css.part} aria-labelledby="roles">
          <div className={css.sectionHead}>
            <h2 id="roles">{t('grant.of', { user })}</h2>
          </div>
          {rows.length ? (
            <GrantTable
              grants={[...rows].sort(
                (a, b) => a.project.localeCompare(b.project) || a.environment_id - b.environment_id,
              )}
              withPerson={false}
              onEnd={onEnd}
            />
          ) : (
            <div className={css.tableCard}>
              <Empty>{t('grant.none_of', { user })}</Empty>
            </div>
          )}
        </section>
      ) : (
        <p className={css.hint}>{t('grant.choose')}</p>
      )}
    </>
  )
}

export default function GrantsPage() {
  const { t } = useTranslation('admin')
  const { project, user } = route.useSearch()
  const navigate = route.useNavigate()
  const end = useEnd()
  const onEnd = (grant: Grant) => end.mutate(grant)
  return (
    <>
      <Head page="grants" />
      <div className={css.tools}>
        <ProjectSelect
          label={t('grant.project')}
          placeholder={t('grant.choose_project')}
          value={project}
          width={260}
          onChange={(slug) => void navigate({ search: { project: slug } })}
        />
        <span className={css.or}>{t('or')}</span>
        <div className={css.person}>
          <PeopleSelect
            id="grants-person"
            label={t('grant.person')}
            value={project ? '' : (user ?? '')}
            onChange={(username) => void navigate({ search: { user: username || undefined } })}
          />
        </div>
      </div>
      {end.error && (
        <div className={css.tools}>
          <RegionError error={end.error} />
        </div>
      )}
      {project ? (
        <OfProject key={project} slug={project} onEnd={onEnd} />
      ) : (
        <Anywhere key={user ?? ''} user={user} onEnd={onEnd} />
      )}
    </>
  )
}
