/** Find in what a terminal shows: next, previous, closed by Escape. */
import { Button } from 'antd'
import { ChevronDown, ChevronUp, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextBox } from '@/components/TextBox'
import type { Screen } from './screen'
import css from './terminal.module.css'

export function FindBar({ screen, close }: { screen: Screen; close: () => void }) {
  const { t } = useTranslation('terminals')
  const { t: common } = useTranslation()
  const [text, setText] = useState('')
  const [found, setFound] = useState(true)
  const go = (wanted: string, back = false) => setFound(!wanted || screen.find(wanted, back))
  return (
    <div className={css.find} role="search">
      <TextBox
        autoFocus
        value={text}
        aria-label={t('find')}
        placeholder={t('find')}
        bad={!found}
        onChange={(event) => {
          setText(event.target.value)
          go(event.target.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(text, event.shiftKey)
          if (event.key === 'Escape') close()
          event.stopPropagation()
        }}
      />
      <span role="status" className={css.notFound}>
        {!found && t('find.none')}
      </span>
      <Button
        size="small"
        type="text"
        icon={<ChevronUp size={14} />}
        aria-label={t('find.previous')}
        onClick={() => go(text, true)}
      />
      <Button
        size="small"
        type="text"
        icon={<ChevronDown size={14} />}
        aria-label={t('find.next')}
        onClick={() => go(text)}
      />
      <Button size="small" type="text" icon={<X size={14} />} aria-label={common('close')} onClick={close} />
    </div>
  )
}
