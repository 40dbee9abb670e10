/** How the bundle is built: assets under /static/ui/, a manifest for the server's page, theme variables as one style sheet. */
import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { themeCss } from './src/theme/css.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** `import 'virtual:theme.css'`: the variables of both modes, from the one object that also feeds antd. */
function themeVariables(): Plugin {
  const id = 'virtual:theme.css'
  return {
    name: 'theme-variables',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? themeCss() : undefined),
  }
}

const API = process.env.OPSPORTAL_URL ?? 'http://127.0.0.1:8000'

export default defineConfig(({ command }) => ({
  base: command === 'build' ? '/static/ui/' : '/',
  plugins: [react(), themeVariables()],
  resolve: { alias: { '@': here('./src'), '@messages': here('../apps/common/messages') } },
  build: {
    outDir: 'dist',
    manifest: 'manifest.json',
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: 'src/app/main.tsx' },
  },
  server: {
    port: Number(process.env.UI_PORT ?? 5173),
    strictPort: true,
    // The portal accepts requests of its own origin only.
    proxy: {
      '/api': { target: API, headers: { origin: API } },
      '/ws': { target: API, ws: true, headers: { origin: API } },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    retry: process.env.CI ? 1 : 0, // there a starved machine is not a reason to refuse a change: .ci/run
  },
}))
