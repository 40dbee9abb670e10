/** Changing one's own language and theme from the frame: at once here, and remembered by the account. */
import { useQueryClient } from '@tanstack/react-query'
import { api, body, type Schemas } from '@/lib/api/client'
import { meQuery } from '@/lib/api/queries'
import { setLanguage, type Language } from '@/lib/i18n'
import { chooseTheme, mode, type ThemeChoice } from '@/lib/preferences'

export function usePreferences() {
  const client = useQueryClient()
  /** This browser keeps the choice whatever the account says, so a refusal is no news to the person. */
  const remember = (wish: Partial<Schemas['Me']>) =>
    body(api.PATCH('/api/v1/me', { body: wish })).then(
      (me) => void client.setQueryData(meQuery.queryKey, me),
      (error: unknown) => console.debug('the account does not remember the choice', error),
    )
  const setTheme = (theme: ThemeChoice) => {
    chooseTheme(theme)
    void remember({ theme })
  }
  return {
    setTheme,
    switchTheme: () => setTheme(mode.get() === 'dark' ? 'light' : 'dark'),
    setLanguage: (language: Language) => {
      void setLanguage(language)
      void remember({ language })
    },
  }
}
