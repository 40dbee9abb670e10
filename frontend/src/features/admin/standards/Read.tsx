/** A standard as text: what everybody may know of it. Changes nothing. */
import { useTranslation } from 'react-i18next'
import { Age } from '@/components/Age'
import { currentLanguage } from '@/lib/i18n'
import { TIERS, wordsOf, type Standard } from './model'
import { LevelWord, useLanguagesWord, useThresholdWords } from './words'
import admin from '../Admin.module.css'
import css from './standards.module.css'

/** What it wants and why, in the language of the page; under it who made it so. */
export function Said({ standard }: { standard: Standard }) {
  const { t } = useTranslation('standards')
  const { sentence, reason } = wordsOf(standard, currentLanguage())
  return (
    <div className={css.head}>
      <p className={css.says}>{sentence}</p>
      <p className="t2">{reason}</p>
      <p className="t3 s12" aria-live="polite">
        {standard.updated_at ? (
          <>
            {standard.updated_by ? t('changed_by', { name: standard.updated_by }) : t('changed')}{' '}
            <Age at={standard.updated_at} />
          </>
        ) : (
          t('as_brought')
        )}
      </p>
    </div>
  )
}

export function ReadStandard({
  standard,
  languageNames,
}: {
  standard: Standard
  languageNames: ReadonlyMap<string, string>
}) {
  const { t } = useTranslation(['standards', 'common'])
  const words = useThresholdWords()
  const languagesWord = useLanguagesWord(languageNames)
  const other = currentLanguage() === 'en' ? 'zh' : 'en'
  const inOther = wordsOf(standard, other)
  return (
    <>
      <Said standard={standard} />
      <div className={admin.block}>
        <h2 className={admin.blockTitle}>{t('levels')}</h2>
        <dl className={admin.facts}>
          {TIERS.map((tier) => (
            <div key={tier} className={css.fact}>
              <dt>{t(`common:tier.${tier}`)}</dt>
              <dd>
                <LevelWord level={standard.levels[tier]} />
              </dd>
            </div>
          ))}
          {standard.limits.map(({ name, unit }) => (
            <div key={name} className={css.fact}>
              <dt>{words.name(name)}</dt>
              <dd className="tnum">{words.number(standard.thresholds[name], unit)}</dd>
            </div>
          ))}
          <div className={css.fact}>
            <dt>{t('languages')}</dt>
            <dd>{languagesWord(standard.languages)}</dd>
          </div>
        </dl>
      </div>
      <div className={admin.block} lang={other}>
        <p>{inOther.sentence}</p>
        <p className="t2">{inOther.reason}</p>
      </div>
    </>
  )
}
