/** The page around every form of somebody who is not signed in: the mark, one form, language and theme. */
import { Monitor, Moon, Sun } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Brand } from '@/components/Brand'
import { PageTitle } from '@/components/Page'
import { currentLanguage, type Language } from '@/lib/i18n'
import { themeChoice, type ThemeChoice } from '@/lib/preferences'
import { useStore } from '@/lib/store'
import { chooseLanguageHere, chooseThemeHere } from './enter'
import css from './auth.module.css'

export function AuthPage({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.page}>
      <main className={css.sheet}>
        <Brand size={28} />
        <PageTitle title={title} className={css.title} />
        {lead && <p className={css.lead}>{lead}</p>}
        {children}
      </main>
      <Choices />
    </div>
  )
}

const LANGUAGES: [Language, string][] = [
  ['en', 'English'],
  ['zh', '简体中文'],
]
const THEMES: [ThemeChoice, typeof Sun][] = [
  ['system', Monitor],
  ['light', Sun],
  ['dark', Moon],
]

function Choices() {
  const { t } = useTranslation('auth')
  const theme = useStore(themeChoice)
  return (
    <footer className={css.choices}>
      <div role="group" aria-label={t('language')} className={css.group}>
        {LANGUAGES.map(([language, name]) => (
          <button
            key={language}
            type="button"
            lang={language}
            aria-pressed={currentLanguage() === language}
            className={css.choice}
            onClick={() => chooseLanguageHere(language)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="group" aria-label={t('theme')} className={css.group}>
        {THEMES.map(([choice, Icon]) => (
          <button
            key={choice}
            type="button"
            aria-pressed={theme === choice}
            aria-label={t(`theme.${choice}`)}
            title={t(`theme.${choice}`)}
            className={css.choice}
            onClick={() => chooseThemeHere(choice)}
          >
            <Icon size={15} aria-hidden />
          </button>
        ))}
      </div>
    </footer>
  )
}
