/** Durations of steps: below a second it says so, since "0 s" would read as "did nothing". */
import { useTranslation } from 'react-i18next'
import { duration } from '@/lib/time'

export function useBrief(): (seconds: number, isUsual?: boolean) => string {
  const { t } = useTranslation()
  return (seconds, isUsual = false) =>
    seconds < 1 ? `<\u2009${duration(1, t)}` : `${isUsual ? '~' : ''}${duration(seconds, t)}`
}
