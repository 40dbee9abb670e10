/** The hosts file of each environment: its text, its versions, and how machines get it. Who may read reads; administrators save. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Segmented, Select } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { CopyButton } from '@/components/CopyButton'
import { nameOf } from '@/components/Person'
import { Denied, Empty, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { environmentsQuery, whyQuery } from '@/lib/api/queries'
import { sentence } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'
import { Difference } from './hosts/Difference'
import { EditFile } from './hosts/EditFile'
import { hostsQuery, type HostsFile } from './hosts/queries'
import { Tokens } from './hosts/Tokens'
import { Versions } from './hosts/Versions'
import { Body } from './languages/LineDiff'
import { Head } from './parts/Head'
import { useRight } from './rights'
import css from './Admin.module.css'
import own from './hosts/hosts.module.css'

const route = getRouteApi('/inside/admin/hosts')
type Environment = Schemas['Environment']

function Section({ id, title, note, children }: { id: string; title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className={own.section} aria-labelledby={id}>
      <div className={own.sectionHead}>
        <h2 id={id}>{title}</h2>
        {note && <span className="t3 s12">{note}</span>}
      </div>
      {children}
    </section>
  )
}

/** Where machines download the current version; it stays the same for every version. */
function Download({ file, environment }: { file: HostsFile; environment: string }) {
  const { t } = useTranslation('hosts')
  const right = useQuery(whyQuery({ action: 'hosts_token.manage' }))
  const url = `${window.location.origin}${file.url}`
  return (
    <Section id="download" title={t('download')}>
      <div className={own.copyLine}>
        <code>{url}</code>
        <CopyButton text={url} label={t('download.copy')} />
      </div>
      <p className="t2">{t('download.help')}</p>
      {right.data && !right.data.allowed && <Denied reason={right.data}>{t('download.ask')}</Denied>}
      {right.data?.allowed && (
        <>
          <h3>{t('tokens')}</h3>
          <Tokens environment={environment} url={url} />
        </>
      )}
    </Section>
  )
}

function Text({ file, environment, mayChange }: { file: HostsFile; environment: string; mayChange: boolean }) {
  const { t } = useTranslation('hosts')
  const navigate = route.useNavigate()
  const none = sentence({ code: 'hosts.none_yet', params: { environment } })
  const note = file.number > 0 && (
    <>
      {file.author ? nameOf(file.author) : 'opsportal'} · {file.created_at && <Age at={file.created_at} />}
    </>
  )
  return (
    <Section id="text" title={file.number ? t('version', { number: file.number }) : t('text')} note={note}>
      {mayChange ? (
        <>
          {file.number === 0 && (
            <p className="t2">
              {none} {t('write_first')}
            </p>
          )}
          <EditFile
            key={environment}
            environment={environment}
            file={file}
            onCompare={(before, after) => void navigate({ search: { env: environment, before, after } })}
          />
        </>
      ) : file.number ? (
        <Body text={file.text} label={t('text')} />
      ) : (
        <div className={css.tableCard}>
          <Empty>{none}</Empty>
        </div>
      )}
    </Section>
  )
}

function Chosen({ environment, mayChange }: { environment: string; mayChange: boolean }) {
  const { t } = useTranslation('hosts')
  const { before, after } = route.useSearch()
  const navigate = route.useNavigate()
  const found = useQuery(hostsQuery(environment))
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Loading />
  const file = found.data
  const shows = before !== undefined && after !== undefined
  return (
    <>
      {found.isError && (
        <RegionError error={found.error} retry={() => void found.refetch()} shownAt={found.dataUpdatedAt} />
      )}
      <Text file={file} environment={environment} mayChange={mayChange} />
      {file.number > 0 && (
        <Section id="versions" title={t('versions')}>
          <Versions environment={environment} file={file} mayChange={mayChange} />
        </Section>
      )}
      {shows && (
        <Section id="difference" title={t('difference')}>
          <Difference
            environment={environment}
            newest={file.number}
            before={before}
            after={after}
            onCompare={(from, to) => void navigate({ search: { env: environment, before: from, after: to } })}
          />
        </Section>
      )}
      <Download file={file} environment={environment} />
    </>
  )
}

function Switch({ all, chosen }: { all: Environment[]; chosen: string }) {
  const { t } = useTranslation('hosts')
  const phone = useIsPhone()
  const navigate = route.useNavigate()
  const shared = {
    'aria-label': t('environment'),
    value: chosen,
    options: all.map(({ slug, name }) => ({ value: slug, label: name })),
    onChange: (env: string) => void navigate({ search: { env } }),
  }
  if (phone || all.length > 6) return <Select {...shared} size={phone ? 'large' : 'middle'} className={own.switch} />
  return <Segmented<string> {...shared} name="hosts-environment" />
}

export default function HostsPage() {
  const { t } = useTranslation('hosts')
  const { env } = route.useSearch()
  const found = useQuery(environmentsQuery)
  const right = useRight({ action: 'hosts.manage' })
  // Asked for once by both: a page to read must not turn into one to write in under the reader's eyes.
  const asking = useQuery(whyQuery({ action: 'hosts.manage' })).isPending
  const all = found.data?.results ?? []
  const chosen = env ?? all[0]?.slug
  return (
    <>
      <Head page="hosts" />
      {right.refusal}
      {found.isPending || asking ? (
        <Loading />
      ) : found.isError && !found.data ? (
        <RegionError error={found.error} retry={() => void found.refetch()} />
      ) : chosen ? (
        <>
          <Switch all={all} chosen={chosen} />
          <Chosen key={chosen} environment={chosen} mayChange={right.allowed} />
        </>
      ) : (
        <div className={css.tableCard}>
          <Empty>{t('no_environment')}</Empty>
        </div>
      )}
    </>
  )
}
