/** The foot of the rail: what is still to do, and the button. It is never dead: it leads to what stands in the way, or to the change. */
import { CircleX, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { KeyButton } from '@/components/Key'
import type { Page } from './useDocument'
import type { Way } from './useWay'
import css from './configuration.module.css'

/** `isAside`: a dialog has the filled button now. */
type Props = { page: Page; way: Way; isAside: boolean }

export function Foot({ page, way, isAside }: Props) {
  const { t } = useTranslation('configuration')
  const met = [...page.form.met.values()].reduce((sum, list) => sum + list.length, 0)
  return (
    <div className={css.foot}>
      <span className={css.tally} role="status">
        {way.toFix > 0 && (
          <span data-level="deny">
            <CircleX size={14} aria-hidden /> {t('to_fix', { count: way.toFix })}
          </span>
        )}
        {way.region && (
          <span data-level="deny">
            <CircleX size={14} aria-hidden /> {t(`region.${way.region}`)}
          </span>
        )}
        {way.toExplain > 0 && (
          <span data-level="warn">
            <TriangleAlert size={14} aria-hidden /> {t('to_explain', { count: way.toExplain })}
          </span>
        )}
        {met > 0 && <span className="t3">{t('met', { count: met })}</span>}
        {way.isFree && !page.trouble && <span className="t2">{t(page.preview.good ? 'clean' : 'asking')}</span>}
        {way.count > 1 && (
          <button type="button" className="link s12" onClick={way.next} aria-keyshortcuts="Alt+ArrowDown">
            {t('next')}
          </button>
        )}
      </span>
      <KeyButton type={isAside ? 'default' : 'primary'} htmlType="button" shortcut="ctrl+enter" onPress={way.press}>
        {t(`act.${way.act}`)}
      </KeyButton>
    </div>
  )
}
