/** The sections of the form with what each still has: to fix, to explain, or a tick. */
import { CircleCheck, CircleX, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { words } from './form/context'
import { goTo } from './goTo'
import { inSection, tallyOf } from './model/findings'
import type { Section } from './model/schema'
import type { Page } from './useDocument'
import css from './configuration.module.css'

type Props = { sections: readonly Section[]; page: Page }

export function SectionList({ sections, page }: Props) {
  const { t } = useTranslation('configuration')
  const { findings } = page
  const { explanations, problems } = page.form
  const wrong = [...problems].flatMap(([field, list]) => list.map(() => ({ field })))
  return (
    <nav className={css.sections} aria-label={t('sections')}>
      <ul>
        {sections.map((section) => {
          const tally = tallyOf(inSection(findings, section), explanations)
          const deny = tally.deny + inSection(wrong, section).length
          return (
            <li key={section.group}>
              <button
                type="button"
                className={css.sectionLink}
                onClick={() => goTo.element(`section-${section.group}`)}
              >
                <span className="grow">{words(section.group) || t('others')}</span>
                {deny > 0 && (
                  <span className={css.count} data-level="deny">
                    <CircleX size={13} aria-hidden />
                    {deny}
                    <span className="hidden-visually"> {t('level.deny')}</span>
                  </span>
                )}
                {tally.warn > 0 && (
                  <span className={css.count} data-level="warn">
                    <TriangleAlert size={13} aria-hidden />
                    {tally.warn}
                    <span className="hidden-visually"> {t('level.warn')}</span>
                  </span>
                )}
                {page.preview.good && !deny && !tally.warn && (
                  <span className={css.count}>
                    <CircleCheck size={13} aria-hidden />
                    <span className="hidden-visually">{t('level.met')}</span>
                  </span>
                )}
              </button>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
