/** Starts the interface: language, theme, router. Must not fetch anything the router does not ask for. */
import '@/theme/fonts.css'
import 'virtual:theme.css'
import '@/theme/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { startLanguages, type Language } from '@/lib/i18n'
import { App } from './App'

const language: Language = document.documentElement.lang.startsWith('zh') ? 'zh' : 'en'

void startLanguages(language).then(() => {
  const root = document.getElementById('root')
  if (!root) throw new Error('the page has no #root')
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
})
