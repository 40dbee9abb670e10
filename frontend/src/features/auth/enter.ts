/** What happens when somebody is signed in: a new CSRF token, nobody else's data, his language and theme, then on. */
import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { api, body, forgetCsrf, type Schemas } from '@/lib/api/client'
import { meQuery } from '@/lib/api/queries'
import { sessionBegan } from '@/lib/api/session'
import { currentLanguage, setLanguage, type Language } from '@/lib/i18n'
import { chooseTheme, themeChoice, type ThemeChoice } from '@/lib/preferences'

/** What was chosen by hand on the way in wins over what the account remembers. */
const chosenHere: { language?: Language; theme?: ThemeChoice } = {}

export function chooseLanguageHere(language: Language): void {
  chosenHere.language = language
  void setLanguage(language)
}

export function chooseThemeHere(theme: ThemeChoice): void {
  chosenHere.theme = theme
  chooseTheme(theme)
}

async function applyPreferences(me: Schemas['Me']): Promise<void> {
  const wish: Partial<Schemas['Me']> = {}
  if (chosenHere.language && chosenHere.language !== me.language) wish.language = chosenHere.language
  else if (me.language && me.language !== currentLanguage()) await setLanguage(me.language)
  if (me.theme && chosenHere.theme && chosenHere.theme !== me.theme) wish.theme = chosenHere.theme
  else if (me.theme && me.theme !== themeChoice.get()) chooseTheme(me.theme)
  if (Object.keys(wish).length === 0) return
  body(api.PATCH('/api/v1/me', { body: wish })).catch((error: unknown) => {
    console.debug('the account does not remember the choice', error)
  })
}

export function useEnter() {
  const client = useQueryClient()
  const router = useRouter()
  return async (me: Schemas['Me'], next: string) => {
    forgetCsrf()
    client.clear()
    client.setQueryData(meQuery.queryKey, me)
    sessionBegan()
    await applyPreferences(me)
    router.history.replace(next)
  }
}
