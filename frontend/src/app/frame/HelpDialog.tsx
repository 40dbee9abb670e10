/** What keys there are, by `?`. Lists what exists on every page, and what the open page offers. */
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/Dialog'
import { Key } from '@/components/Key'
import { pageActions } from '@/lib/actions'
import { singleKeys } from '@/lib/keys'
import { useStore } from '@/lib/store'
import { closeOverlay } from './overlays'
import css from './HelpDialog.module.css'

const EVERYWHERE = [
  ['ctrl+k', 'help.palette'],
  ['g i', 'help.inbox'],
  ['g p', 'help.projects'],
  ['g k', 'help.tickets'],
  ['g t', 'help.terminals'],
  ['t', 'help.theme'],
  ['?', 'help.this'],
  ['escape', 'help.escape'],
] as const
const IN_PAGES = [
  ['/', 'help.filter'],
  ['j', 'help.next'],
  ['k', 'help.previous'],
  ['enter', 'help.open'],
  ['n', 'help.new'],
  ['a', 'help.approve'],
  ['r', 'help.reject'],
  ['p', 'help.pass'],
  ['f', 'help.fail'],
  ['s', 'help.pin'],
  ['[', 'help.cluster'],
  ['ctrl+enter', 'help.send'],
] as const

export default function HelpDialog() {
  const { t } = useTranslation('frame')
  const { t: common } = useTranslation()
  const on = useStore(singleKeys)
  const here = useStore(pageActions).filter((action) => action.shortcut && !action.refused)
  const taken = new Set(here.map((action) => action.shortcut))
  const elsewhere = IN_PAGES.filter(([keys]) => !taken.has(keys))
  return (
    <Dialog label={t('help.title')} onClose={closeOverlay} className={css.help}>
      <header className={css.head}>
        <h2>{t('help.title')}</h2>
        <button type="button" className={css.close} onClick={closeOverlay} autoFocus>
          {common('close')}
        </button>
      </header>
      {!on && <p className={css.off}>{t('help.off')}</p>}
      <div className={css.columns}>
        <Keys title={t('help.everywhere')} rows={EVERYWHERE.map(([keys, word]) => [keys, t(word)])} />
        <div>
          {here.length > 0 && (
            <Keys title={t('help.here')} rows={here.map((action) => [action.shortcut ?? '', action.label])} />
          )}
          <Keys title={t('help.pages')} rows={elsewhere.map(([keys, word]) => [keys, t(word)])} />
        </div>
      </div>
    </Dialog>
  )
}

function Keys({ title, rows }: { title: string; rows: [string, string][] }) {
  return (
    <section className={css.section}>
      <h3 className={css.title}>{title}</h3>
      <dl className={css.list}>
        {rows.map(([keys, words]) => (
          <div key={keys + words} className={css.row}>
            <dt>{words}</dt>
            <dd>
              <span className="hidden-visually">{keys}</span>
              {keys.split(' ').map((key) => (
                <Key key={key} always>
                  {key}
                </Key>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
