/** The list on the left: how far each section is, and the way to it. */
import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { AccessForm } from '@/lib/api/access'
import { SECTIONS, stateOf, type FieldName, type Section } from './model'
import css from './access.module.css'

const ICONS = { done: CircleCheck, wrong: CircleAlert, open: CircleDashed }

export const goTo = (section: Section) => {
  const heading = document.getElementById(`part-${section}`)
  heading?.scrollIntoView({ block: 'start' })
  heading?.focus({ preventScroll: true })
}

type Props = { form: AccessForm; isWrong: (field: FieldName) => boolean }

export function Progress({ form, isWrong }: Props) {
  const { t } = useTranslation('access')
  const notes: Record<Section, string> = {
    service: form.slug,
    repository: form.gitlab_path,
    people: form.owners.length ? t('owners_count', { count: form.owners.length }) : '',
    running: form.environments.join(', '),
  }
  return (
    <nav className={css.progress} aria-label={t('progress')}>
      <ol>
        {SECTIONS.map((section) => {
          const state = stateOf(section, form, isWrong)
          const Icon = ICONS[state]
          return (
            <li key={section} data-section={section} data-state={state}>
              <button type="button" onClick={() => goTo(section)}>
                <Icon size={16} aria-hidden className={css[state]} />
                <span className="grow">
                  <span className="b5">{t(`part.${section}`)}</span>
                  <span className="hidden-visually"> {t(`state.${state}`)}</span>
                  {notes[section] && <span className={`t2 s12 ${css.note}`}>{notes[section]}</span>}
                </span>
              </button>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
