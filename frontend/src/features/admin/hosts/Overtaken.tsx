/** Somebody saved while one was typing: who, and the ways on. One's own text stays in the box until one says otherwise. */
import { Button } from 'antd'
import { TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import { nameOf } from '@/components/Person'
import { sentence } from '@/lib/i18n'
import type { HostsFile } from './queries'
import css from './hosts.module.css'

type Props = {
  environment: string
  file: HostsFile
  base: number
  /** look at the difference; saving from then on is upon their version */
  onRebase: () => void
  onTheirs: () => void
  onCompare: () => void
}

export function Overtaken({ environment, file, base, onRebase, onTheirs, onCompare }: Props) {
  const { t } = useTranslation('hosts')
  const by = file.author ? nameOf(file.author) : 'opsportal'
  const params = { by, number: file.number, environment, based_on: base }
  return (
    <div className={css.overtaken} role="alert">
      <p>
        <TriangleAlert size={14} aria-hidden /> <span>{sentence({ code: 'hosts.saved_meanwhile', params })}</span>
      </p>
      <div className={css.buttons}>
        <KeyButton type="primary" shortcut="ctrl+enter" onPress={onRebase}>
          {t('meanwhile.mine', { number: file.number })}
        </KeyButton>
        <Button onClick={onCompare}>{t('meanwhile.theirs', { by, number: file.number })}</Button>
        <Button onClick={onTheirs}>{t('meanwhile.take', { number: file.number })}</Button>
      </div>
    </div>
  )
}
