/** Beside the form: the result and the button; to a reader who may not propose, the revision in force as files. */
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Foot } from './Foot'
import { yamlAddress, type Which } from './queries'
import { Rail } from './rail/Rail'
import { ChartButton } from './revisions/RevisionRow'
import type { Page } from './useDocument'
import type { Way } from './useWay'
import css from './configuration.module.css'

const route = getRouteApi('/inside/p/$project/configuration/$environment/$name')

export function Exported({ which, inForce }: { which: Which; inForce: number }) {
  const { t } = useTranslation('configuration')
  return (
    <div className={css.side}>
      <p className={css.pad}>
        {inForce > 0 ? (
          <>
            <a href={yamlAddress(which, inForce)} download className="link">
              {t('yaml_of', { number: inForce })}
            </a>
            <br />
            <ChartButton which={which} number={inForce} />
          </>
        ) : (
          t('form.none_in_force')
        )}
      </p>
    </div>
  )
}

export function Side({ page, way, isAside }: { page: Page; way: Way; isAside: boolean }) {
  const which = route.useParams()
  const { tab = 'yaml', cluster, open } = route.useSearch()
  const move = route.useNavigate()
  const { draft, preview } = page
  return (
    <div className={css.side}>
      <Rail
        which={which}
        preview={preview.good}
        trouble={page.trouble}
        isBehind={preview.isBehind}
        tab={tab}
        cluster={cluster}
        focused={page.focused}
        takeOver={draft.value.take_over}
        onTab={(to) => void move({ search: (old) => ({ ...old, tab: to === 'yaml' ? undefined : to }), replace: true })}
        onCluster={(to) => void move({ search: (old) => ({ ...old, cluster: to }), replace: true })}
        onTakeOver={(take_over) => draft.change((old) => ({ ...old, take_over }))}
      />
      <Foot page={page} way={way} isAside={isAside || Boolean(open)} />
    </div>
  )
}
