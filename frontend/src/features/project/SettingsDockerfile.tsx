/** Settings, Dockerfile: the audited exception from the language's template (B4). Most projects have none. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { TextArea } from '@/components/TextBox'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { describedBy, Field, problemOf } from '@/components/form/Field'
import { Denied, Loading, RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError, type ApiError } from '@/lib/api/errors'
import { useMe } from '@/lib/me'
import { SettingsSave } from './SettingsSave'
import { useRefresh, type Project } from './settingsProject'
import css from './Settings.module.css'

type Override = Schemas['DockerfileOverride']
const path = (slug: string) => ({ params: { path: { slug } } })

/** None is the usual answer, not an error. */
async function readOverride(slug: string, signal: AbortSignal): Promise<Override | null> {
  try {
    return await body(api.GET('/api/v1/projects/{slug}/dockerfile', { ...path(slug), signal }))
  } catch (error) {
    if (asApiError(error).isMissing) return null
    throw error
  }
}

function Edit({ slug, found }: { slug: string; found: Override | null }) {
  const { t } = useTranslation('projects')
  const refresh = useRefresh(slug)
  const before = found?.body ?? ''
  const [text, setText] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const now = text ?? before
  const discard = () => {
    setText(null)
    setReason('')
  }
  const set = useMutation<Override, ApiError>({
    mutationFn: () =>
      body(api.PUT('/api/v1/projects/{slug}/dockerfile', { ...path(slug), body: { body: now, reason } })),
    onSuccess: async () => {
      await refresh()
      discard()
    },
  })
  const end = useMutation<unknown, ApiError>({
    mutationFn: () => body(api.DELETE('/api/v1/projects/{slug}/dockerfile', path(slug))),
    onSuccess: async () => {
      await refresh()
      discard()
    },
  })
  const lines = (value: string) => (value ? t('set.lines', { count: value.split('\n').length }) : '')
  return (
    <>
      <Field id="body" label="Dockerfile" problem={problemOf(set.error, 'body')}>
        <TextArea
          {...describedBy('body')}
          className="mono"
          spellCheck={false}
          least={8}
          most={30}
          value={now}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      {now !== before && (
        <Field id="reason" label={t('set.reason')} problem={problemOf(set.error, 'reason')}>
          <Input {...describedBy('reason')} value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      )}
      <SettingsSave
        changes={
          now !== before && now
            ? [{ label: 'Dockerfile', before: lines(before) || t('set.template'), after: lines(now) }]
            : []
        }
        isPending={set.isPending}
        error={set.error?.fields ? undefined : set.error}
        onDiscard={() => {
          discard()
          set.reset()
        }}
        onSave={() => set.mutate()}
      />
      {end.error && <RegionError error={end.error} />}
      {found && (
        <div>
          <Button loading={end.isPending} onClick={() => end.mutate()}>
            {t('set.end_override')}
          </Button>
        </div>
      )}
    </>
  )
}

export function SettingsDockerfile({ project }: { project: Project }) {
  const { t } = useTranslation('projects')
  const isAdmin = useMe().is_instance_admin
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['project', project.slug, 'dockerfile'],
    queryFn: ({ signal }) => readOverride(project.slug, signal),
  })
  return (
    <section className={css.part} aria-labelledby="dockerfile">
      <h2 id="dockerfile">Dockerfile</h2>
      {error && <RegionError error={error} retry={() => void refetch()} />}
      {isPending && <Loading />}
      {data === null && <p className="t2">{t('set.no_override', { language: project.language })}</p>}
      {data && (
        <p className="t2">
          {t('set.override', { name: data.set_by })} “{data.reason}” · <Age at={data.created_at} />
        </p>
      )}
      {data && !isAdmin && (
        <pre className={css.code} tabIndex={0}>
          {data.body}
        </pre>
      )}
      {data !== undefined &&
        (isAdmin ? <Edit slug={project.slug} found={data} /> : <Denied reason={{ code: 'policy.needs_admin' }} />)}
    </section>
  )
}
