/** The standards as a table by topic: the sentence in the reader's language, how hard per tier. A row leads to its sheet. */
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { currentLanguage } from '@/lib/i18n'
import { grouped, TIERS, wordsOf, type Standard } from './model'
import { LevelSummary, LevelWord, Thresholds, useLanguagesWord } from './words'
import admin from '../Admin.module.css'
import css from './standards.module.css'

type Props = { standards: Standard[]; selected: string | undefined; languageNames: ReadonlyMap<string, string> }

function Row({ standard, selected, languages }: { standard: Standard; selected: boolean; languages: string }) {
  return (
    <tr data-selected={selected || undefined}>
      <td className={css.said}>
        <Link
          to="/admin/standards"
          search={(old) => ({ ...old, standard: standard.id })}
          className={css.sentence}
          data-standard={standard.id}
          aria-current={selected || undefined}
          resetScroll={false}
        >
          {wordsOf(standard, currentLanguage()).sentence}
        </Link>
        <span className={`mono ${css.id}`}>{standard.id}</span>
        <LevelSummary standard={standard} />
      </td>
      {TIERS.map((tier) => (
        <td key={tier} className={css.tier}>
          <LevelWord level={standard.levels[tier]} />
        </td>
      ))}
      <td className={`${admin.wide} t2`}>{languages}</td>
      <td className={`${admin.wide} ${css.numbers}`}>
        <Thresholds standard={standard} />
      </td>
    </tr>
  )
}

export function StandardTable({ standards, selected, languageNames }: Props) {
  const { t } = useTranslation(['standards', 'common'])
  const languagesWord = useLanguagesWord(languageNames)
  return (
    <table className={`${admin.table} ${css.table}`}>
      <thead>
        <tr>
          <th scope="col">{t('standard')}</th>
          {TIERS.map((tier) => (
            <th key={tier} scope="col" className={css.tier}>
              {t(`common:tier.${tier}`)}
            </th>
          ))}
          <th scope="col" className={admin.wide}>
            {t('languages')}
          </th>
          <th scope="col" className={`${admin.wide} ${css.numbers}`}>
            {t('thresholds')}
          </th>
        </tr>
      </thead>
      {grouped(standards).map(({ topic, standards: rows }) => (
        <tbody key={topic}>
          <tr className={css.topic}>
            <th scope="rowgroup" colSpan={3 + TIERS.length}>
              {t(`topic.${topic}`)}
            </th>
          </tr>
          {rows.map((standard) => (
            <Row
              key={standard.id}
              standard={standard}
              selected={standard.id === selected}
              languages={languagesWord(standard.languages)}
            />
          ))}
        </tbody>
      ))}
    </table>
  )
}
