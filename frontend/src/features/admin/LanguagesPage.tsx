/** Languages, the versions of their templates, and whether jobs follow them. Everybody reads; administrators add the next version, none is ever changed. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Empty, Loading, RegionError } from '@/components/states'
import { api, body, type Schemas } from '@/lib/api/client'
import { languagesQuery } from '@/lib/api/queries'
import { Drift } from './languages/Drift'
import { NewVersion } from './languages/NewVersion'
import { TemplateView } from './languages/Template'
import { Head } from './parts/Head'
import { useRight } from './rights'
import css from './Admin.module.css'
import own from './languages/languages.module.css'

const route = getRouteApi('/inside/admin/languages')
const KINDS = ['dockerfile', 'jenkins_job', 'logging_sidecar'] as const
type Kind = (typeof KINDS)[number]
const VIEWS = [...KINDS, 'drift'] as const
type View = (typeof VIEWS)[number]

const languageQuery = (slug: string) =>
  queryOptions({
    queryKey: ['languages', slug],
    queryFn: ({ signal }) => body(api.GET('/api/v1/languages/{slug}/', { params: { path: { slug } }, signal })),
    staleTime: 30_000,
  })

function List({ languages, selected }: { languages: Schemas['Language'][]; selected: string }) {
  const { t } = useTranslation('admin')
  const newest = (language: Schemas['Language']) =>
    KINDS.map((kind) => {
      const found = language.newest.find((one) => one.kind === kind)
      if (found) return t(`language_page.newest.${kind}`, { version: found.version })
      return kind === 'logging_sidecar' ? '' : t(`language_page.lacks.${kind}`) // nothing is built without the others
    })
      .filter(Boolean)
      .join(' · ')
  return (
    <ul className={own.list}>
      {languages.map((language) => (
        <li key={language.slug}>
          <Link
            to="/admin/languages"
            search={{ lang: language.slug }}
            className={own.language}
            data-selected={language.slug === selected || undefined}
            aria-current={language.slug === selected || undefined}
          >
            <span>
              <span className="b5">{language.name}</span> <span className="mono t3">{language.slug}</span>
            </span>
            <span className="t3 s12">{newest(language)}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Chosen({ slug, mayAdd }: { slug: string; mayAdd: boolean }) {
  const { t } = useTranslation('admin')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const found = useQuery(languageQuery(slug))
  const view = VIEWS.find((one) => one === search.kind && (one !== 'drift' || mayAdd)) ?? 'dockerfile'
  const kind: Kind = view === 'drift' ? 'jenkins_job' : view
  if (found.isError && !found.data) return <RegionError error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <Loading />
  const versions = found.data.templates.filter((one) => one.kind === kind).sort((a, b) => b.version - a.version)
  const here = { lang: slug, kind }
  const adding = Boolean(search.add) && mayAdd
  return (
    <section aria-labelledby="language">
      <div className={css.sectionHead}>
        <h2 id="language">{found.data.name}</h2>
      </div>
      <div className="row">
        <Segmented<View>
          name="template-kind"
          aria-label={t('language_page.kind')}
          value={view}
          onChange={(next) => void navigate({ search: { lang: slug, kind: next } })}
          options={(mayAdd ? VIEWS : KINDS).map((one) => ({ value: one, label: t(`language_page.kind.${one}`) }))}
        />
        <span className="grow" />
        {mayAdd && !adding && view !== 'drift' && (
          <Button
            size="small"
            icon={<Plus size={14} aria-hidden />}
            onClick={() => void navigate({ search: { ...here, add: true } })}
          >
            {t('language_page.new')}
          </Button>
        )}
      </div>
      {view === 'drift' ? (
        <Drift key={slug} language={slug} mayResync={mayAdd} />
      ) : adding ? (
        <div className={css.part}>
          <NewVersion
            key={`${slug} ${kind}`}
            language={slug}
            kind={kind}
            newest={versions[0]}
            onLeave={() => void navigate({ search: here })}
            onSaved={(version) =>
              void navigate({ search: { ...here, version, against: version > 1 ? version - 1 : undefined } })
            }
          />
        </div>
      ) : (
        <TemplateView
          language={slug}
          kind={kind}
          versions={versions}
          version={search.version}
          against={search.against}
          onCompare={(against) => void navigate({ search: { ...search, against } })}
        />
      )}
    </section>
  )
}

export default function LanguagesPage() {
  const { t } = useTranslation('admin')
  const { lang } = route.useSearch()
  const languages = useQuery(languagesQuery)
  const right = useRight({ action: 'integration.manage' })
  const rows = languages.data?.results ?? []
  const chosen = lang ?? rows[0]?.slug
  return (
    <>
      <Head page="languages" />
      {right.refusal}
      {languages.isPending ? (
        <Loading />
      ) : languages.isError && !languages.data ? (
        <RegionError error={languages.error} retry={() => void languages.refetch()} />
      ) : chosen ? (
        <div className={own.page}>
          <List languages={rows} selected={chosen} />
          <Chosen key={chosen} slug={chosen} mayAdd={right.allowed} />
        </div>
      ) : (
        <div className={css.tableCard}>
          <Empty>{t('language_page.none')}</Empty>
        </div>
      )}
    </>
  )
}
