/** Links that show what the tester saw: title and address, row by row. There is no upload; the API takes links. */
import { Input } from 'antd'
import { Link2, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { isWebAddress } from '@/lib/web'
import type { Link } from './model'
import css from './Verdict.module.css'

type Props = { rows: Link[]; change: (rows: Link[]) => void; problems: Record<number, string> }

const MOST = 20

export function EvidenceRows({ rows, change, problems }: Props) {
  const { t } = useTranslation('verdict')
  const set = (index: number, part: Partial<Link>) =>
    change(rows.map((row, at) => (at === index ? { ...row, ...part } : row)))
  return (
    <div className={css.evidence}>
      <h3>{t('evidence.title')}</h3>
      {rows.map((row, index) => {
        const isWrong = row.url.trim() !== '' && !isWebAddress(row.url.trim())
        const problem = problems[index] ?? (isWrong ? t('evidence.wrong') : '')
        return (
          <div key={index}>
            <div className={css.evidenceRow}>
              <Input
                value={row.title}
                maxLength={200}
                aria-label={t('evidence.name')}
                placeholder={t('evidence.name')}
                onChange={(event) => set(index, { title: event.target.value })}
              />
              <Input
                value={row.url}
                maxLength={2000}
                type="url"
                inputMode="url"
                placeholder="https://"
                aria-label={t('evidence.url')}
                status={problem ? 'error' : undefined}
                aria-invalid={Boolean(problem)}
                onChange={(event) => set(index, { url: event.target.value })}
              />
              <button
                type="button"
                className={css.remove}
                aria-label={t('evidence.remove')}
                onClick={() => change(rows.filter((_, at) => at !== index))}
              >
                <X size={14} aria-hidden />
              </button>
            </div>
            {problem && (
              <p className={css.problem} role="alert">
                {problem}
              </p>
            )}
          </div>
        )
      })}
      {rows.length < MOST && (
        <button type="button" className={css.add} onClick={() => change([...rows, { title: '', url: '' }])}>
          <Link2 size={14} aria-hidden />
          {t('evidence.add')}
        </button>
      )}
    </div>
  )
}
