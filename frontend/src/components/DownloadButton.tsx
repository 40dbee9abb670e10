/** Gives a text as a file, beside the button that copies it. */
import { Download } from 'lucide-react'
import { saveAs } from '@/lib/save'
import css from './CopyButton.module.css'

type Props = { text: string; name: string; label: string }

export function DownloadButton({ text, name, label }: Props) {
  return (
    <button
      type="button"
      className={css.copy}
      onClick={() => saveAs(new Blob([text], { type: 'text/plain' }), name)}
      aria-label={label}
      title={label}
    >
      <Download size={14} aria-hidden />
    </button>
  )
}
