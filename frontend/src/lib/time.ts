/** Time in words (UI.md §6.3): ages, durations, absolute moments in the person's zone. Must not decide what is late. */
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { currentLanguage } from './i18n'

const DAY = 86_400
export type Translate = ReturnType<typeof useTranslation<'common'>>['t']

/** Seconds since a moment; a clock that runs ahead of ours counts as now. */
export const secondsSince = (at: string | number | Date, now = Date.now()): number =>
  Math.max(0, (now - new Date(at).getTime()) / 1000)

/** "24 min", "3 d": the short age without "ago". */
export function shortAge(seconds: number, t: Translate): string {
  if (seconds < 10) return t('time.now')
  if (seconds < 60) return t('time.s', { n: Math.floor(seconds) })
  if (seconds < 3600) return t('time.min', { n: Math.floor(seconds / 60) })
  if (seconds < DAY) return t('time.h', { n: Math.floor(seconds / 3600) })
  return t('time.d', { n: Math.floor(seconds / DAY) })
}

/** "24 min ago" up to seven days, then the date. */
export function relative(at: string, t: Translate, zone: string | undefined, now = Date.now()): string {
  const seconds = secondsSince(at, now)
  if (seconds < 10) return t('time.just_now')
  if (seconds > 7 * DAY) return dateOnly(at, zone)
  return t('time.ago', { age: shortAge(seconds, t) })
}

/** Two units at most: `3 m 40 s`, `5 d 22 h`. */
export function duration(seconds: number, t: Translate): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('time.dur_s', { s })
  if (s < 3600) return s % 60 ? t('time.dur_m_s', { m: Math.floor(s / 60), s: s % 60 }) : t('time.dur_m', { m: s / 60 })
  if (s < DAY) {
    const m = Math.floor((s % 3600) / 60)
    return m ? t('time.dur_h_m', { h: Math.floor(s / 3600), m }) : t('time.dur_h', { h: Math.floor(s / 3600) })
  }
  const h = Math.floor((s % DAY) / 3600)
  return h ? t('time.dur_d_h', { d: Math.floor(s / DAY), h }) : t('time.dur_d', { d: Math.floor(s / DAY) })
}

const locale = () => (currentLanguage() === 'zh' ? 'zh-CN' : 'en-GB')

/** Date, time and zone: what hovering over an age shows. */
export const absolute = (at: string, zone?: string): string =>
  new Intl.DateTimeFormat(locale(), {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone: zone,
    timeZoneName: 'short',
  }).format(new Date(at))

export const dateOnly = (at: string, zone?: string): string =>
  new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric', year: 'numeric', timeZone: zone }).format(
    new Date(at),
  )

export const clock = (at: string, zone?: string, seconds = false): string =>
  new Intl.DateTimeFormat(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    second: seconds ? '2-digit' : undefined,
    hour12: false,
    timeZone: zone,
  }).format(new Date(at))

/** Bytes in binary units with one decimal below ten. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** The present, moving on every `every` milliseconds while the tab is seen. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now())
    }, every)
    return () => clearInterval(timer)
  }, [every])
  return now
}
