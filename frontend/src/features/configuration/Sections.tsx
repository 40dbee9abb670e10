/** The fields of the form, section by section, as the schema groups them. */
import { useTranslation } from 'react-i18next'
import { Loading, RegionError, SkeletonRows } from '@/components/states'
import { words } from './form/context'
import { Findings } from './form/Findings'
import { Member } from './form/Member'
import type { Section } from './model/schema'
import type { Page } from './useDocument'
import css from './configuration.module.css'

type Props = { sections: readonly Section[]; schema: Page['schema'] }

export function Sections({ sections, schema }: Props) {
  const { t } = useTranslation('configuration')
  return (
    <div className={css.form}>
      <Findings pointer="" />
      {schema.error && !schema.data && <RegionError error={schema.error} retry={() => void schema.refetch()} />}
      {schema.isPending && (
        <Loading>
          <SkeletonRows rows={8} height={44} />
        </Loading>
      )}
      {sections.map((section) => (
        <section key={section.group} id={`section-${section.group}`} className={css.section} tabIndex={-1}>
          <h2>{words(section.group) || t('others')}</h2>
          <div className={css.fields}>
            {section.members.map(([name, node]) => (
              <Member key={name} pointer={`/${name}`} node={node} />
            ))}
          </div>
        </section>
      ))}
    </div>
  )
}
