/** What filing would do, read while the form is filled: what stands in the way first, then facts, change, commits. */
import { CircleAlert, CircleCheck, CircleQuestionMark, CircleX, Clock3, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LiveAge } from '@/components/Age'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import type { ApiError } from '@/lib/api/errors'
import { sentence } from '@/lib/i18n'
import { CommitList } from './CommitList'
import { ownFindings, type Preview } from './logic'
import { WhereItGoes } from './WhereItGoes'
import css from './filing.module.css'

export type Asked = {
  data: Preview | undefined
  error: ApiError | null
  isBehind: boolean
  updatedAt: number
  retry: () => void
}

type Props = {
  asked: Asked
  title: string
  environment: string
  pattern?: string
  isBack?: boolean
  empty: string | null
  facts?: (preview: Preview) => ReactNode
  children?: ReactNode
}

export function PreviewRail({
  asked,
  title,
  environment,
  pattern = '',
  isBack = false,
  empty,
  facts,
  children,
}: Props) {
  const { t } = useTranslation('filing')
  const { data, error, isBehind } = asked
  return (
    <div className={`${css.sections} ${isBehind && data ? css.behind : ''}`} aria-busy={isBehind}>
      <div className={css.railHead}>
        <h2>{title}</h2>
        {data && !isBehind && <LiveAge updatedAt={asked.updatedAt} failed={Boolean(error)} />}
      </div>
      {error && !error.isDenied && !error.fields && (
        <RegionError error={error} retry={asked.retry} shownAt={data ? asked.updatedAt : undefined} />
      )}
      {error?.isDenied && <p className="t2">{t('rail.denied')}</p>}
      {!error?.isDenied &&
        !(data && !error?.fields) &&
        (!error && (isBehind || empty === null) ? (
          <Loading>
            <SkeletonRows rows={5} height={44} />
          </Loading>
        ) : error && !error.fields ? null : (
          <p className="t2">{empty}</p>
        ))}
      {data && !error?.fields && !error?.isDenied && (
        <>
          <Gates preview={data} />
          <Findings preview={data} />
          {facts && <dl className={css.facts}>{facts(data)}</dl>}
          <WhereItGoes changes={data.changes} pattern={pattern} />
          <CommitList preview={data} environment={environment} isBack={isBack} />
        </>
      )}
      {children}
    </div>
  )
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

const GATES: Record<string, [LucideIcon, string | undefined]> = {
  met: [CircleCheck, css.ok],
  missing: [Clock3, css.wait],
  refused: [CircleX, css.bad],
}
const LEVELS: Record<string, [LucideIcon, string | undefined]> = {
  deny: [CircleX, css.bad],
  warn: [CircleAlert, css.wait],
  unknown: [CircleQuestionMark, css.odd],
}
const UNKNOWN: [LucideIcon, string | undefined] = [CircleQuestionMark, css.odd]

function Gates({ preview }: { preview: Preview }) {
  const { t } = useTranslation('filing')
  if (!preview.gates.length) return null
  return (
    <section className={css.block}>
      <h3 className="t2">{t('gates.title')}</h3>
      <ul className={css.lines}>
        {preview.gates.map((gate) => {
          const [Icon, tone] = GATES[gate.state] ?? UNKNOWN
          return (
            <li key={gate.name} className={css.line}>
              <Icon
                size={14}
                className={tone}
                aria-label={t(`gates.${gate.state}` as 'gates.met', { defaultValue: gate.state })}
              />
              <span>{sentence(gate)}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Findings({ preview }: { preview: Preview }) {
  const { t } = useTranslation('filing')
  const findings = ownFindings(preview)
  if (!findings.length) return null
  return (
    <ul className={css.lines} aria-label={t('findings.title')}>
      {findings.map((finding, index) => {
        const [Icon, tone] = LEVELS[finding.level] ?? UNKNOWN
        return (
          <li key={`${finding.code}-${index}`} className={css.line}>
            <Icon
              size={14}
              className={tone}
              aria-label={t(`findings.${finding.level}` as 'findings.deny', { defaultValue: finding.level })}
            />
            <span>{sentence(finding)}</span>
          </li>
        )
      })}
    </ul>
  )
}
