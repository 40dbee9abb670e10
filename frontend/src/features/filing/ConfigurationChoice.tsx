/** Whether the configuration comes back beside the image: a choice where there is one to bring, else a sentence why not. */
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import type { Schemas } from '@/lib/api/client'
import { currentLanguage, sentence } from '@/lib/i18n'
import { Choice, Choices } from './FilingLayout'
import css from './filing.module.css'

type Props = {
  offered: Schemas['ConfigurationOffered']
  isWhole: boolean
  onChoose: (isWhole: boolean) => void
}

export function ConfigurationChoice({ offered, isWhole, onChoose }: Props) {
  const { t } = useTranslation('filing')
  const { number, in_force, applied_at, secrets, reason } = offered
  if (reason || number === null)
    return (
      <Choices label={t('rollback.what')}>
        {isWhole && (
          <Choice name="what" value="image" checked={false} onChoose={() => onChoose(false)}>
            <span className="b5">{t('rollback.image_only')}</span>
          </Choice>
        )}
        <div className={css.refused}>
          <span className="b5">{t(isWhole ? 'rollback.whole' : 'rollback.image_only')}</span>
          {reason && <span className="s12">{sentence(reason)}</span>}
        </div>
      </Choices>
    )
  const keys = new Intl.ListFormat(currentLanguage() === 'zh' ? 'zh-CN' : 'en-GB').format(secrets)
  return (
    <Choices label={t('rollback.what')}>
      <Choice name="what" value="image" checked={!isWhole} onChoose={() => onChoose(false)}>
        <span className="b5">{t('rollback.image_only')}</span>
        <span className={css.choiceSub}>
          {in_force === null ? t('rollback.stays') : t('rollback.stays_at', { number: in_force })}
        </span>
      </Choice>
      <Choice name="what" value="whole" checked={isWhole} onChoose={() => onChoose(true)}>
        <span className={css.choiceTop}>
          <span className="b5">{t('rollback.whole')}</span>
          {applied_at && (
            <span className={css.choiceEnd}>
              {t('rollback.in_force_since')} <Age at={applied_at} />
            </span>
          )}
        </span>
        <span className={css.choiceSub}>{t('rollback.whole_sub', { number })}</span>
        {secrets.length > 0 && <span className={css.choiceSub}>{t('rollback.held', { keys })}</span>}
      </Choice>
    </Choices>
  )
}
