/** People in browsers: each has a context of its own, signed in through the API, in a language and a size. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { inject } from 'vitest'

export type Username = 'developer' | 'tester' | 'ops' | 'ops2' | 'owner' | 'admin'
export type Look = {
  language?: 'en' | 'zh'
  theme?: 'light' | 'dark'
  phone?: boolean
  width?: number
  height?: number
}

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-color-profile=srgb',
]

export const portal = (): string => inject('url')

export function passwordOf(username: Username): string {
  const { accounts } = JSON.parse(readFileSync(join(inject('dataDir'), 'accounts.json'), 'utf8')) as {
    accounts: { username: string; password: string }[]
  }
  const found = accounts.find((account) => account.username === username)
  if (!found) throw new Error(`the demo has no account ${username}`)
  return found.password
}

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })

/** A browser context of this look; nobody is signed in. Everything the page complains about is kept in `complaints`. */
export async function visitor(browser: Browser, look: Look = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: portal(),
    locale: look.language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: look.width ?? (look.phone ? 390 : 1440), height: look.height ?? (look.phone ? 844 : 900) },
    isMobile: look.phone ?? false,
    hasTouch: look.phone ?? false,
    colorScheme: look.theme ?? 'light',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await context.addInitScript(
    ([language, theme]) => {
      localStorage.setItem('opsportal.language', language)
      localStorage.setItem('opsportal.theme', theme)
    },
    [look.language ?? 'en', look.theme ?? 'light'] as const,
  )
  return context
}

export type Answer<T> = { status: number; body: T }

/** One person: pages, and the API with the same session for setting a scene. */
export class Person {
  private constructor(
    readonly username: Username,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async arrive(browser: Browser, username: Username, look: Look = {}): Promise<Person> {
    const context = await visitor(browser, look)
    const page = await context.newPage()
    const person = new Person(username, context, page)
    await person.signIn()
    return person
  }

  async signIn(): Promise<void> {
    const { status, body } = await this.call('POST', '/api/v1/login', {
      username: this.username,
      password: passwordOf(this.username),
    })
    if (status !== 200) throw new Error(`${this.username} could not sign in: ${status} ${JSON.stringify(body)}`)
  }

  async call<T = unknown>(method: string, path: string, data?: unknown): Promise<Answer<T>> {
    const csrf = (await (await this.context.request.get('/api/v1/csrf')).json()) as { csrf_token: string }
    const response = await this.context.request.fetch(path, {
      method,
      data,
      headers: { 'X-CSRFToken': csrf.csrf_token, Origin: portal() },
    })
    const text = await response.text()
    return { status: response.status(), body: (text ? JSON.parse(text) : null) as T }
  }

  /** The answer's body; anything but success ends the test with what was said. */
  async ask<T = Record<string, unknown>>(method: string, path: string, data?: unknown): Promise<T> {
    const { status, body } = await this.call<T>(method, path, data)
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  async leave(): Promise<void> {
    await this.context.close()
  }
}

/** Waits until something is true, looking often, within a bound. */
export async function until(what: string, true_: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await true_())) {
    if (Date.now() > end) throw new Error(`did not happen within ${seconds} s: ${what}`)
    await new Promise((done) => setTimeout(done, 200))
  }
}
