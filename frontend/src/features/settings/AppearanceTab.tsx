/** Language, theme, start page. Each is seen at once and kept with the account; all are undone by choosing again. */
import { Segmented, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { RegionError } from '@/components/states'
import { setLanguage, type Language } from '@/lib/i18n'
import { chooseTheme, themeChoice, type ThemeChoice } from '@/lib/preferences'
import { useStore } from '@/lib/store'
import { useMe } from '@/lib/me'
import { useChangeAccount } from './account'
import { Field, Group } from './parts'
import css from './settings.module.css'

const THEMES: ThemeChoice[] = ['system', 'light', 'dark']

export function AppearanceTab() {
  const { t, i18n } = useTranslation('settings')
  const me = useMe()
  const account = useChangeAccount()
  const theme = useStore(themeChoice)
  return (
    <Group>
      <Field label={t('appearance.language')} help={t('appearance.language_help')}>
        {(ids) => (
          <Select
            {...ids}
            aria-label={t('appearance.language')}
            className={css.narrow}
            value={i18n.language === 'zh' ? 'zh' : 'en'}
            options={[
              { value: 'en', label: 'English' },
              { value: 'zh', label: '中文' },
            ]}
            onChange={(language: Language) => {
              void setLanguage(language)
              account.change({ language })
            }}
          />
        )}
      </Field>
      <div className={css.field}>
        <span id="theme-label">{t('appearance.theme')}</span>
        <Segmented<ThemeChoice>
          aria-labelledby="theme-label"
          className={css.start}
          value={theme}
          options={THEMES.map((value) => ({ value, label: t(`appearance.theme_${value}`) }))}
          onChange={(choice) => {
            chooseTheme(choice)
            account.change({ theme: choice })
          }}
        />
      </div>
      <Field label={t('appearance.start')} help={t('appearance.start_help')}>
        {(ids) => (
          <Select
            {...ids}
            aria-label={t('appearance.start')}
            className={css.narrow}
            value={me.start_page ?? 'inbox'}
            options={[
              { value: 'inbox', label: t('appearance.start_inbox') },
              { value: 'projects', label: t('appearance.start_projects') },
            ]}
            onChange={(start_page: 'inbox' | 'projects') => account.change({ start_page })}
          />
        )}
      </Field>
      {account.error && <RegionError error={account.error} />}
    </Group>
  )
}
