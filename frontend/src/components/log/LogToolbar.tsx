/** Above the log: what it is, find, how many warnings and errors, follow, wrap, download. Holds no log itself. */
import { Button, Input, Switch, Tooltip, type InputRef } from 'antd'
import { Download, Search, WrapText } from 'lucide-react'
import { useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Key } from '@/components/Key'
import { useKey } from '@/lib/keys'
import css from './Log.module.css'

type Props = {
  title: ReactNode
  query: string
  onQuery: (query: string) => void
  /** place of the present line among the found ones, from 1; 0 when it is none of them */
  foundAt: number
  foundCount: number
  onFindNext: (backwards: boolean) => void
  warnings: number
  errors: number
  onNextError: () => void
  follow: boolean
  canFollow: boolean
  onFollow: (follow: boolean) => void
  wrap: boolean
  onWrap: (wrap: boolean) => void
  onDownload: () => void
}

export function LogToolbar(props: Props) {
  const { t } = useTranslation('release')
  const input = useRef<InputRef>(null)
  useKey('/', () => input.current?.focus({ cursor: 'all' }))
  useKey('f', () => props.onFollow(!props.follow), { enabled: props.canFollow })
  useKey('e', props.onNextError, { enabled: props.errors > 0 })
  return (
    <div className={css.toolbar}>
      <div className={css.title}>{props.title}</div>
      <Input
        ref={input}
        className={css.find}
        value={props.query}
        prefix={<Search size={14} aria-hidden />}
        suffix={<Key>/</Key>}
        placeholder={t('log.find')}
        aria-label={t('log.find')}
        onChange={(event) => props.onQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            props.onQuery('')
            input.current?.blur()
          }
          if (event.key === 'Enter' && props.query) props.onFindNext(event.shiftKey)
        }}
      />
      <span className={css.counts}>
        {props.query !== '' && (
          <span role="status">
            {props.foundAt
              ? t('log.found_at', { n: props.foundAt, m: props.foundCount })
              : t('log.found', { count: props.foundCount })}
          </span>
        )}
        {props.errors > 0 && (
          <button type="button" className={css.errors} onClick={props.onNextError} aria-keyshortcuts="E">
            {t('log.errors', { count: props.errors })}
            <Key>e</Key>
          </button>
        )}
        {props.warnings > 0 && <span>{t('log.warnings', { count: props.warnings })}</span>}
      </span>
      <span className={css.tools}>
        {props.canFollow && (
          <label className={css.follow}>
            <Switch size="small" checked={props.follow} onChange={props.onFollow} aria-label={t('log.follow')} />
            <span className={css.word}>{t('log.follow')}</span>
            <Key>f</Key>
          </label>
        )}
        <Tooltip title={t('log.wrap')}>
          <Button
            type="text"
            aria-pressed={props.wrap}
            className={props.wrap ? css.pressed : ''}
            aria-label={t('log.wrap')}
            icon={<WrapText size={16} aria-hidden />}
            onClick={() => props.onWrap(!props.wrap)}
          />
        </Tooltip>
        <Tooltip title={t('log.download')}>
          <Button
            type="text"
            aria-label={t('log.download')}
            icon={<Download size={16} aria-hidden />}
            onClick={props.onDownload}
          />
        </Tooltip>
      </span>
    </div>
  )
}
