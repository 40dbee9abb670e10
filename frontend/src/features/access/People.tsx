/** Who owns, tests and operates the service, and whom to call. */
import { useTranslation } from 'react-i18next'
import { Contacts } from '@/components/form/Contacts'
import { Field } from '@/components/form/Field'
import { PeopleSelect } from '@/components/form/PeopleSelect'
import { useMe } from '@/lib/me'
import type { Part } from './form'
import css from './access.module.css'

const ROLES = ['owners', 'testers', 'operators'] as const
const CALLED = ['contacts', 'alarm_contacts'] as const

export function People({ draft, set, problem }: Part) {
  const { t } = useTranslation('access')
  const me = useMe()
  return (
    <section className={css.part} aria-labelledby="part-people">
      <h2 id="part-people" tabIndex={-1}>
        {t('part.people')}
      </h2>
      {ROLES.map((role) => (
        <Field
          key={role}
          id={role}
          label={t(`f.${role}`)}
          help={t(`help.${role}`)}
          problem={problem(role)}
          optional={role !== 'owners'}
          wide={role === 'owners'}
        >
          <PeopleSelect
            id={role}
            label={t(`f.${role}`)}
            many
            known={[{ id: me.id, username: me.username, display_name: me.display_name ?? '' }]}
            value={draft[role]}
            onChange={(names) => set({ [role]: names }, role)}
            problem={Boolean(problem(role))}
          />
        </Field>
      ))}
      {CALLED.map((list) => (
        <Field key={list} id={list} label={t(`f.${list}`)} problem={problem(list)} optional group wide>
          <Contacts id={list} value={draft[list]} onChange={(contacts) => set({ [list]: contacts }, list)} />
        </Field>
      ))}
    </section>
  )
}
