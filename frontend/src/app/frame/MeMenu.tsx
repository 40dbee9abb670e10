/** Who is signed in, and what concerns only him: settings, theme, language, signing out. */
import { Link } from '@tanstack/react-router'
import { ChevronsUpDown, Languages, LogOut, Monitor, Moon, Settings, Sun, SunMoon } from 'lucide-react'
import { useId, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar, nameOf } from '@/components/Person'
import { asApiError } from '@/lib/api/errors'
import { useDismiss } from '@/lib/dismiss'
import { currentLanguage, sentence, type Language } from '@/lib/i18n'
import { useMe } from '@/lib/me'
import { themeChoice, type ThemeChoice } from '@/lib/preferences'
import { useStore } from '@/lib/store'
import { roleOf, usePlaces } from './nav'
import { usePreferences } from './preferences'
import { useSignOut } from './signOut'
import css from './MeMenu.module.css'

/** `bar`: the phone's, which also leads to what the sidebar keeps at its foot. */
export function MeMenu({ bar = false }: { bar?: boolean }) {
  const { t } = useTranslation('frame')
  const me = useMe()
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  useDismiss(box, open, (byKey) => {
    setOpen(false)
    if (byKey) opener.current?.focus()
  })
  const person = { username: me.username, display_name: me.display_name ?? '' }
  const { t: common } = useTranslation()
  const second = common(`role.${roleOf(me)}`)
  return (
    <div ref={box} className={bar ? css.inBar : css.box}>
      <button
        ref={opener}
        type="button"
        className={bar ? css.barButton : css.me}
        aria-expanded={open}
        aria-controls={id}
        data-tip={open ? undefined : nameOf(person)}
        onClick={() => setOpen(!open)}
      >
        <Avatar person={person} size={22} />
        {bar ? (
          <span>{t('nav.me')}</span>
        ) : (
          <>
            <span className={css.who}>
              <span className={`${css.name} clip`}>{nameOf(person)}</span>
              <span className={`${css.role} clip`}>{second}</span>
            </span>
            <ChevronsUpDown size={14} aria-hidden className={css.chevrons} />
          </>
        )}
      </button>
      <div id={id} className={css.menu} hidden={!open}>
        {open && <Content bar={bar} name={nameOf(person)} second={second} close={() => setOpen(false)} />}
      </div>
    </div>
  )
}

const THEMES: [ThemeChoice, typeof Sun][] = [
  ['system', Monitor],
  ['light', Sun],
  ['dark', Moon],
]
const LANGUAGES: [Language, string][] = [
  ['en', 'English'],
  ['zh', '中文'],
]

function Content({ bar, name, second, close }: { bar: boolean; name: string; second: string; close: () => void }) {
  const { t } = useTranslation('frame')
  const theme = useStore(themeChoice)
  const { setTheme, setLanguage } = usePreferences()
  const signOut = useSignOut()
  return (
    <>
      {bar && (
        <p className={css.head}>
          <span className="b5">{name}</span> <span className="t3 s12">{second}</span>
        </p>
      )}
      {bar && <FootPlaces close={close} />}
      <Link to="/settings/$tab" params={{ tab: 'profile' }} className={css.row} onClick={close}>
        <Settings size={16} strokeWidth={1.8} aria-hidden />
        {t('nav.settings')}
      </Link>
      <Choice icon={<SunMoon size={16} strokeWidth={1.8} aria-hidden />} label={t('menu.theme')}>
        {THEMES.map(([choice, Icon]) => (
          <button
            key={choice}
            type="button"
            aria-pressed={theme === choice}
            aria-label={t(`theme.${choice}`)}
            title={t(`theme.${choice}`)}
            onClick={() => setTheme(choice)}
          >
            <Icon size={14} aria-hidden />
          </button>
        ))}
      </Choice>
      <Choice icon={<Languages size={16} strokeWidth={1.8} aria-hidden />} label={t('menu.language')}>
        {LANGUAGES.map(([language, word]) => (
          <button
            key={language}
            type="button"
            lang={language}
            aria-pressed={currentLanguage() === language}
            onClick={() => setLanguage(language)}
          >
            {word}
          </button>
        ))}
      </Choice>
      <hr className={css.rule} />
      <button type="button" className={css.row} onClick={() => signOut.mutate()} aria-busy={signOut.isPending}>
        <LogOut size={16} strokeWidth={1.8} aria-hidden />
        {t('nav.sign_out')}
      </button>
      {signOut.error && (
        <p className={css.wrong} role="alert">
          {sentence(asApiError(signOut.error))}
        </p>
      )}
    </>
  )
}

function FootPlaces({ close }: { close: () => void }) {
  const { foot } = usePlaces()
  return foot.map(({ to, label, Icon }) => (
    <Link key={to} to={to} className={css.row} onClick={close}>
      <Icon size={16} strokeWidth={1.8} aria-hidden />
      {label}
    </Link>
  ))
}

function Choice({ icon, label, children }: { icon: ReactNode; label: string; children: ReactNode }) {
  return (
    <div className={css.choiceRow} role="group" aria-label={label}>
      {icon}
      <span className="grow">{label}</span>
      <span className={css.choices}>{children}</span>
    </div>
  )
}
