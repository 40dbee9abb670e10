/** Loading, empty, failed, denied: the states every region has (UI.md §3). A failure stays inside its region. */
import { Button } from 'antd'
import { CircleAlert, Lock } from 'lucide-react'
import { Component, useEffect, useState, type ErrorInfo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { asApiError } from '@/lib/api/errors'
import { currentLanguage, sentence, type Reason } from '@/lib/i18n'
import { ClockTime } from './Age'
import css from './states.module.css'

/** Nothing for 150 ms, then the skeleton. */
export function Loading({ children }: { children?: ReactNode }) {
  const [late, setLate] = useState(false)
  const { t } = useTranslation()
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div aria-busy aria-label={t('loading')} role="status">
      {late && (children ?? <SkeletonRows rows={4} />)}
    </div>
  )
}

export function SkeletonRows({ rows, height = 36 }: { rows: number; height?: number }) {
  return (
    <div className={css.rows}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={css.bone} style={{ height }} />
      ))}
    </div>
  )
}

/** One sentence what belongs here, and one link to make the first. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.empty}>
      <p>{children}</p>
      {action}
    </div>
  )
}

/** What happened, what is still shown, and Try again. 404 tells nothing more. */
export function RegionError({ error, retry, shownAt }: { error: unknown; retry?: () => void; shownAt?: number }) {
  const { t } = useTranslation()
  const problem = asApiError(error)
  if (problem.isDenied) return <Denied reason={problem} />
  return (
    <div className={css.error} role="alert">
      <CircleAlert size={16} aria-hidden />
      <span className="grow">
        {problem.isMissing ? t('error.missing') : sentence(problem)}
        {shownAt ? (
          <span className="t3">
            {' '}
            · {t('error.shown')} <ClockTime at={new Date(shownAt).toISOString()} />
          </span>
        ) : null}
      </span>
      {retry && !problem.isMissing && (
        <Button size="small" onClick={retry}>
          {t('error.try_again')}
        </Button>
      )}
    </div>
  )
}

/** A thing one may see and not do: the reason, as text, instead of a dead button. */
export function Denied({ reason, children }: { reason: Reason; children?: ReactNode }) {
  return (
    <div className={css.denied}>
      <Lock size={14} aria-hidden />
      <span>
        {sentence(reason)}
        {children && currentLanguage() !== 'zh' && ' '}
        {children}
      </span>
    </div>
  )
}

type BoundaryProps = { children: ReactNode; name: string }

/** Catches a mistake of ours in one region; the rest of the page lives on. */
export class ErrorBoundary extends Component<BoundaryProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(`the region ${this.props.name} failed`, error, info.componentStack)
  }

  override render() {
    if (!this.state.error) return this.props.children
    return <Broken error={this.state.error} retry={() => this.setState({ error: null })} />
  }
}

export function Broken({ error, retry }: { error: Error; retry: () => void }) {
  const { t } = useTranslation()
  if (error.name === 'ApiError') return <RegionError error={error} retry={retry} />
  return (
    <div className={css.error} role="alert">
      <CircleAlert size={16} aria-hidden />
      <span className="grow">{t('error.ours')}</span>
      <Button size="small" onClick={retry}>
        {t('error.try_again')}
      </Button>
    </div>
  )
}
