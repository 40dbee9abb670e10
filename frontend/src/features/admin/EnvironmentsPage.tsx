/** Environments: the chain an image travels, one of them opened below it. Everybody reads, administrators change. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Empty, Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { environmentsQuery } from '@/lib/api/queries'
import { Chain } from './environments/Chain'
import { EnvironmentForm } from './environments/EnvironmentForm'
import { Placements } from './environments/Placements'
import { Head } from './parts/Head'
import { useRight } from './rights'
import css from './Admin.module.css'

const route = getRouteApi('/inside/admin/environments')

type Props = {
  environment: Schemas['Environment']
  all: Schemas['Environment'][]
  mayChange: boolean
  onSaved: (slug: string) => void
  onLeave: () => void
}

function Chosen({ environment, all, mayChange, onSaved, onLeave }: Props) {
  return (
    <div className={mayChange ? css.two : css.section}>
      {mayChange && (
        <section aria-labelledby="environment-form">
          <div className={css.sectionHead}>
            <h2 id="environment-form">{environment.name}</h2>
            <span className="mono t3">{environment.slug}</span>
          </div>
          <div className={css.formCard}>
            <EnvironmentForm
              key={environment.slug}
              environment={environment}
              all={all}
              onSaved={onSaved}
              onLeave={onLeave}
            />
          </div>
        </section>
      )}
      <Placements environment={environment} mayChange={mayChange} />
    </div>
  )
}

export default function EnvironmentsPage() {
  const { t } = useTranslation('admin')
  const { edit, add } = route.useSearch()
  const navigate = route.useNavigate()
  const found = useQuery(environmentsQuery)
  const right = useRight({ action: 'environment.manage' })
  const open = (slug: string | undefined) => void navigate({ search: { edit: slug } })
  const adding = Boolean(add) && right.allowed
  const all = found.data?.results ?? []
  const chosen = all.find(({ slug }) => slug === edit)
  const create = () => void navigate({ search: { add: true } })
  return (
    <>
      <Head
        page="environments"
        right={
          right.allowed && (
            <Button icon={<Plus size={14} aria-hidden />} onClick={create}>
              {t('env.new')}
            </Button>
          )
        }
      />
      {right.refusal}
      {found.isPending ? (
        <Loading />
      ) : found.isError && !found.data ? (
        <RegionError error={found.error} retry={() => void found.refetch()} />
      ) : all.length === 0 && !adding ? (
        <div className={css.tableCard}>
          <Empty
            action={
              right.allowed && (
                <button type="button" className="link" onClick={create}>
                  {t('env.new')}
                </button>
              )
            }
          >
            {t('env.none')}
          </Empty>
        </div>
      ) : (
        <>
          <Chain environments={all} selected={chosen?.slug} />
          {adding ? (
            <div className={css.two}>
              <section aria-labelledby="environment-new">
                <div className={css.sectionHead}>
                  <h2 id="environment-new">{t('env.new')}</h2>
                </div>
                <div className={css.formCard}>
                  <EnvironmentForm environment={null} all={all} onSaved={open} onLeave={() => open(undefined)} />
                </div>
              </section>
            </div>
          ) : chosen ? (
            <Chosen
              environment={chosen}
              all={all}
              mayChange={right.allowed}
              onSaved={open}
              onLeave={() => open(undefined)}
            />
          ) : (
            <p className={css.hint}>{t(right.allowed ? 'env.choose' : 'env.choose_read')}</p>
          )}
        </>
      )}
    </>
  )
}
