/** The browser suites: one demo portal for all files, one file at a time (two cores, one set of stand-ins). */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('..'),
  resolve: { alias: { '@': here('../src'), '@messages': here('../../apps/common/messages') } },
  test: {
    environment: 'node',
    include: ['e2e/*.e2e.ts'],
    globalSetup: ['e2e/support/setup.ts'],
    fileParallelism: false,
    // A busy machine may miss one deadline of a real browser; what fails twice is broken. Each retry is reported.
    retry: 1,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
    sequence: { shuffle: false },
  },
})
