/** One template of a language: its versions, the chosen one, and what differs from another. */
import { Link } from '@tanstack/react-router'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import type { Schemas } from '@/lib/api/client'
import { Body, LineDiff } from './LineDiff'
import css from './languages.module.css'

type Template = Schemas['Template']

type Props = {
  language: string
  kind: Template['kind']
  versions: Template[]
  version: number | undefined
  against: number | undefined
  onCompare: (against: number | undefined) => void
}

const valueOf = (template: Template) => (template.kind === 'jenkins_job' ? template.jenkins_template : template.body)
const textOf = (template: Template) => (template.kind === 'dockerfile' ? template.body : `${valueOf(template)}\n`)

export function TemplateView({ language, kind, versions, version, against, onCompare }: Props) {
  const { t } = useTranslation('admin')
  const shown = versions.find((one) => one.version === version) ?? versions[0]
  if (!shown)
    return <p className="t2">{t(kind === 'logging_sidecar' ? 'language_page.no_image' : 'language_page.no_version')}</p>
  const other = versions.find((one) => one.version === against && one.version !== shown.version)
  const others = versions
    .filter((one) => one !== shown)
    .map((one) => ({ value: one.version, label: t('language_page.compare_with', { version: one.version }) }))
  return (
    <>
      <div className={css.versions}>
        {versions.map((one) => (
          <Link
            key={one.id}
            to="/admin/languages"
            search={{ lang: language, kind: shown.kind, version: one.version }}
            className={css.version}
            data-selected={one === shown || undefined}
            aria-current={one === shown || undefined}
          >
            <span className="b5">v{one.version}</span>
            <span className="t3 s12">
              <Age at={one.created_at} />
            </span>
          </Link>
        ))}
        {others.length > 0 && (
          <Select
            size="small"
            allowClear
            aria-label={t('language_page.compare')}
            placeholder={t('language_page.compare')}
            value={other?.version ?? null}
            options={others}
            onChange={(value: number | null | undefined) => onCompare(value ?? undefined)}
            style={{ width: 170, height: 26 }}
          />
        )}
      </div>
      {other ? (
        <LineDiff before={textOf(other)} after={textOf(shown)} />
      ) : shown.kind === 'dockerfile' ? (
        <Body text={shown.body} label={t('language_page.body', { version: shown.version })} />
      ) : (
        <p className={css.job}>
          <span className="t2">{t(`language_page.field.${shown.kind}`)}</span>
          {valueOf(shown) ? (
            <span className="mono b5">{valueOf(shown)}</span>
          ) : (
            <span className="t3">{t('language_page.image_gone')}</span>
          )}
        </p>
      )}
    </>
  )
}
