/** One line of a log: its number as a link, its text with colours and found places. Text only, never markup or links. */
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { size } from '@/lib/time'
import { parse } from './ansi'
import { places } from './find'
import { bits } from './pieces'
import { ERROR, STAGE, stageOf, WARNING, type Severity } from './severity'
import { FOLD } from './store'
import css from './Log.module.css'

type Props = {
  number: number
  raw: string
  severity: Severity
  query: string
  isSelected: boolean
  /** `isRange`: shift was held */
  onLine: (number: number, isRange: boolean) => void
}

const UNFOLD = 64 * 1024
const TINT: Partial<Record<Severity, string>> = { [WARNING]: css.warning, [ERROR]: css.error, [STAGE]: css.stage }

export const LogRow = memo(function LogRow({ number, raw, severity, query, isSelected, onLine }: Props) {
  const [shown, setShown] = useState(FOLD)
  const stage = severity === STAGE ? stageOf(parse(raw).text) : null
  return (
    <div className={`${css.row} ${TINT[severity] ?? ''} ${isSelected ? css.selected : ''}`} data-line={number}>
      <a
        className={css.number}
        href={`#L${number}`}
        tabIndex={-1}
        onClick={(event) => {
          event.preventDefault()
          onLine(number, event.shiftKey)
        }}
      >
        {number}
      </a>
      <span className={css.text}>
        {stage ? (
          <StageName name={stage} />
        ) : (
          <Text raw={raw.length > shown ? raw.slice(0, shown) : raw} query={query} />
        )}
        {raw.length > shown && <Fold left={raw.length - shown} unfold={() => setShown(shown + UNFOLD)} />}
      </span>
    </div>
  )
})

function Text({ raw, query }: { raw: string; query: string }) {
  const { text, spans } = parse(raw)
  return bits(text, spans, places(text, query)).map((bit, index) => {
    const style = bit.style
      .split(' ')
      .map((name) => css[name])
      .join(' ')
    if (bit.isFound)
      return (
        <mark key={index} className={`${css.found} ${style}`}>
          {bit.text}
        </mark>
      )
    return style ? (
      <span key={index} className={style}>
        {bit.text}
      </span>
    ) : (
      bit.text
    )
  })
}

function StageName({ name }: { name: string }) {
  const { t } = useTranslation('release')
  return <>▸ {t(`stage.${name}` as 'stage.compile', { defaultValue: name })}</>
}

function Fold({ left, unfold }: { left: number; unfold: () => void }) {
  const { t } = useTranslation('release')
  return (
    <button type="button" className={css.fold} onClick={unfold}>
      {t('log.unfold', { size: size(left) })}
    </button>
  )
}
