/** Settings, people: owners, and who has which role where and until when. A grant is one cell of the matrix. */
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Field, problemOf } from '@/components/form/Field'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { notify } from '@/components/notify'
import { nameOf, Person } from '@/components/Person'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { grantsQuery, projectEnvironmentsQuery, useEndGrant, useGive, type Grant } from '@/lib/api/queries'
import { dateOnly } from '@/lib/time'
import { SettingsGrantForm } from './SettingsGrantForm'
import { changedFields } from './settingsChanges'
import { useChangeProject, useMayChange, type Project } from './settingsProject'
import { SettingsSave } from './SettingsSave'
import css from './Settings.module.css'

function Owners({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const before = project.owners.map((owner) => owner.username)
  const [edited, setEdited] = useState<string[] | null>(null)
  const change = useChangeProject(project.slug, () => setEdited(null))
  const owners = edited ?? before
  const changed = changedFields({ owners: before }, { owners }).length > 0
  return (
    <>
      <Field
        id="owners"
        label={<span className="hidden-visually">{t('form.owners')}</span>}
        help={t('form.owners_help')}
        problem={problemOf(change.error, 'owners')}
      >
        <PeopleSelect
          id="owners"
          label={t('form.owners')}
          many
          value={owners}
          known={project.owners}
          onChange={setEdited}
        />
      </Field>
      <SettingsSave
        changes={changed ? [{ label: t('form.owners'), before: before.join(', '), after: owners.join(', ') }] : []}
        isPending={change.isPending}
        error={change.error}
        onDiscard={() => {
          setEdited(null)
          change.reset()
        }}
        onSave={() => change.mutate({ owners })}
      />
    </>
  )
}

function GrantPill({ grant, onRevoke }: { grant: Grant; onRevoke?: () => void }) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  return (
    <span className={css.grant}>
      <span className="b5">{common(`role.${grant.role}`)}</span>
      {grant.expires_at && <span className="t2">{t('set.until', { date: dateOnly(grant.expires_at) })}</span>}
      {onRevoke && (
        <button
          type="button"
          onClick={onRevoke}
          aria-label={t('set.revoke', {
            role: common(`role.${grant.role}`),
            name: nameOf(grant.user),
            environment: grant.environment,
          })}
        >
          <X size={13} aria-hidden />
        </button>
      )}
    </span>
  )
}

function Matrix({
  grants,
  environments,
  onRevoke,
}: {
  grants: Grant[]
  environments: Schemas['ProjectEnvironment'][]
  onRevoke?: (grant: Grant) => void
}) {
  const { t } = useTranslation('projects')
  const people = [...new Map(grants.map((grant) => [grant.user.id, grant.user])).values()].sort((a, b) =>
    nameOf(a).localeCompare(nameOf(b)),
  )
  if (!people.length)
    return (
      <div className="card">
        <Empty>{t('set.no_grants')}</Empty>
      </div>
    )
  return (
    <div className={`card ${css.tableBox}`} tabIndex={0} role="group" aria-label={t('set.grants')}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('set.person')}</th>
            {environments.map((one) => (
              <th key={one.environment} scope="col">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.id}>
              <th scope="row">
                <Person person={person} />
              </th>
              {environments.map((one) => (
                <td key={one.environment}>
                  {grants
                    .filter((grant) => grant.user.id === person.id && grant.environment === one.environment)
                    .map((grant) => (
                      <GrantPill key={grant.id} grant={grant} onRevoke={onRevoke && (() => onRevoke(grant))} />
                    ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function SettingsPeople({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const { t: common } = useTranslation()
  const { slug } = project
  const may = useMayChange(project)
  const environments = useQuery(projectEnvironmentsQuery(slug)).data?.results ?? []
  const grants = useQuery(grantsQuery({ project: slug }))
  const give = useGive()
  const revoke = useEndGrant(({ user, role, environment }, again) =>
    notify(
      t('set.revoked', { name: nameOf(user), role: common(`role.${role}`), environment }),
      { label: common('undo'), run: again },
      8,
    ),
  )
  return (
    <>
      <section className={css.part} aria-labelledby="owners-title">
        <h2 id="owners-title">{t('form.owners')}</h2>
        {may ? (
          <Owners project={project} />
        ) : (
          <div className={css.people}>
            {project.owners.map((owner) => (
              <Person key={owner.id} person={owner} />
            ))}
            {!project.owners.length && <span className="t3">—</span>}
          </div>
        )}
      </section>
      <section className={css.part} aria-labelledby="grants">
        <h2 id="grants">{t('set.grants')}</h2>
        {grants.error && <RegionError error={grants.error} retry={() => void grants.refetch()} />}
        {revoke.error && <RegionError error={revoke.error} />}
        {grants.isPending && <Loading />}
        {grants.data && (
          <Matrix
            grants={grants.data.rows}
            environments={environments}
            onRevoke={may ? (grant) => revoke.mutate(grant) : undefined}
          />
        )}
        {may ? (
          <SettingsGrantForm slug={slug} environments={environments} give={give} />
        ) : (
          <Denied reason={{ code: 'policy.needs_owner' }} />
        )}
      </section>
    </>
  )
}
