/** The keys of the portal, and whether single ones work at all (WCAG 2.1.4). */
import { Switch } from 'antd'
import { useTranslation } from 'react-i18next'
import { keyText } from '@/components/Key'
import { RegionError } from '@/components/states'
import { singleKeys } from '@/lib/keys'
import { useStore } from '@/lib/store'
import { useChangeAccount } from './account'
import { Group } from './parts'
import css from './settings.module.css'

const KEYS = [
  ['g i', 'inbox'],
  ['g p', 'projects'],
  ['j', 'next'],
  ['k', 'previous'],
  ['enter', 'open'],
  ['escape', 'close'],
  ['/', 'filter'],
  ['n', 'release'],
  ['a', 'approve'],
  ['r', 'reject'],
  ['p', 'pass'],
  ['f', 'fail'],
  ['c', 'copy'],
  ['t', 'theme'],
  ['ctrl+k', 'palette'],
  ['ctrl+enter', 'submit'],
] as const

export function ShortcutsTab() {
  const { t } = useTranslation('settings')
  const account = useChangeAccount()
  const on = useStore(singleKeys)
  return (
    <>
      <Group>
        <div className={css.switchRow}>
          <span className="grow">
            <span className="b5" id="single-keys">
              {t('shortcuts.single')}
            </span>
            <span className="t2" style={{ display: 'block' }}>
              {t('shortcuts.single_help')}
            </span>
          </span>
          <Switch
            aria-labelledby="single-keys"
            checked={on}
            onChange={(next) => {
              singleKeys.set(next)
              account.change({ single_key_shortcuts: next })
            }}
          />
        </div>
        {account.error && <RegionError error={account.error} />}
      </Group>
      <Group title={t('shortcuts.list')}>
        <dl className={css.keys}>
          {KEYS.map(([keys, name]) => (
            <div
              key={name}
              className={!on && !keys.includes('+') && keys !== 'enter' && keys !== 'escape' ? css.offRow : undefined}
            >
              <dt>{t(`shortcuts.${name}`)}</dt>
              <dd>
                {keys.split(' ').map((key) => (
                  <kbd key={key} className={css.kbd}>
                    {keyText(key)}
                  </kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </Group>
    </>
  )
}
