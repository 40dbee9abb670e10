/** Providers around the router: queries, antd's theme and words, the nonce of the page. */
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ConfigProvider } from 'antd'
import type { Locale } from 'antd/es/locale'
import enUS from 'antd/es/locale/en_US'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { mode } from '@/lib/preferences'
import { useStore } from '@/lib/store'
import { antdTheme } from '@/theme/antd'
import { queryClient } from './queryClient'
import { router } from './router'

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce

/** Where antd's dialogs and menus float. On the body itself it would lock scrolling by a style the CSP refuses. */
const floating = document.body.appendChild(document.createElement('div'))
const inFloating = () => floating

/** antd's own words; Chinese comes when it is asked for. */
function useAntdLocale(language: string): Locale {
  const [chinese, setChinese] = useState<Locale>()
  useEffect(() => {
    if (language === 'zh') void import('antd/es/locale/zh_CN').then((module) => setChinese(module.default))
  }, [language])
  return language === 'zh' && chinese ? chinese : enUS
}

export function App() {
  const { i18n } = useTranslation()
  const locale = useAntdLocale(i18n.language)
  return (
    <ConfigProvider
      theme={antdTheme(useStore(mode), i18n.language)}
      locale={locale}
      csp={nonce ? { nonce } : undefined}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
      getPopupContainer={inFloating}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ConfigProvider>
  )
}
