/** What a template makes before it is saved, for an example or a project, and its problems with their lines. */
import { useQuery } from '@tanstack/react-query'
import { CircleAlert, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemOf } from '@/components/form/Field'
import { ProjectSelect } from '@/components/form/ProjectSelect'
import { Loading, RegionError } from '@/components/states'
import type { Schemas } from '@/lib/api/client'
import { asApiError } from '@/lib/api/errors'
import { useDebounced } from '@/lib/debounced'
import { sentence } from '@/lib/i18n'
import { Body } from './LineDiff'
import { previewTemplate, type Previewed } from './queries'
import css from './drift.module.css'

type Kind = Schemas['TemplatePreviewRequest']['kind']

function Problems({ problems }: { problems: Previewed['problems'] }) {
  const { t } = useTranslation('templates')
  return (
    <ul className={css.problems} aria-label={t('preview.problems')}>
      {problems.map((one, index) => {
        const Icon = one.level === 'deny' ? CircleAlert : TriangleAlert
        return (
          <li key={index} className={css[one.level]} data-level={one.level}>
            <Icon size={16} aria-hidden />
            <span>
              <span className="hidden-visually">{t(`preview.${one.level}`)}</span> {sentence(one)}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

/** `text` is looked at when the typing rests; the last answer stays until the next one is there. */
export function Preview({ language, kind, text }: { language: string; kind: Kind; text: string }) {
  const { t } = useTranslation('templates')
  const [project, setProject] = useState<string>()
  const rested = useDebounced(text, 400)
  const found = useQuery({
    queryKey: ['languages', language, 'preview', kind, project ?? '', rested],
    queryFn: () => previewTemplate(language, { kind, text: rested, project: project ?? null }),
    enabled: rested.trim() !== '',
    placeholderData: (before) => before,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  })
  const refused = found.error ? problemOf(asApiError(found.error), 'project') : null
  if (rested.trim() === '') return null
  if (kind === 'logging_sidecar')
    return found.data?.problems.length ? <Problems problems={found.data.problems} /> : null
  return (
    <section className={css.preview} aria-label={t('preview.title')}>
      <div className="row">
        <span className="b5 grow">{t('preview.title')}</span>
        <ProjectSelect
          label={t('preview.project')}
          placeholder={t('preview.example')}
          value={project}
          onChange={setProject}
          width={240}
        />
      </div>
      {refused ? (
        <p className={css.refused} role="alert">
          {refused}
        </p>
      ) : (
        found.isError && <RegionError error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isPending && !found.isError && <Loading />}
      {found.data && found.data.problems.length > 0 && <Problems problems={found.data.problems} />}
      {found.data?.rendered && (
        <>
          <p className="t3 s12">
            {found.data.where
              ? t('preview.from_jenkins', { jenkins: found.data.where })
              : t('preview.for', { project: found.data.values.project ?? '' })}
          </p>
          <Body text={found.data.rendered} label={t('preview.title')} />
        </>
      )}
    </section>
  )
}
