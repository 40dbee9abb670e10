/** Pulling the brake: where it is the reader's to pull, the form; otherwise why not. The address may name the place. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Denied, Loading, RegionError, SkeletonRows } from '@/components/states'
import { choicesOf, chosenOf, nameOfScope } from './model'
import { PullForm } from './PullForm'
import { brakeScopesQuery } from './queries'
import css from './brakes.module.css'

const route = getRouteApi('/inside/brakes')

export function Pull() {
  const { t } = useTranslation('brakes')
  const { at, pull } = route.useSearch()
  const navigate = route.useNavigate()
  const scopes = useQuery(brakeScopesQuery)
  const choices = choicesOf(scopes.data ?? [])
  const refused = choices.refused[0]
  const nowhere = scopes.data && !choices.free.length && !choices.on.length
  return (
    <section className={css.section} aria-labelledby="brakes-pull">
      <h2 id="brakes-pull">{t('pull_title')}</h2>
      {scopes.isError && <RegionError error={scopes.error} retry={() => void scopes.refetch()} />}
      {scopes.isPending && (
        <Loading>
          <SkeletonRows rows={3} height={60} />
        </Loading>
      )}
      {nowhere && refused && <Denied reason={refused.may_pull}>{t('ask_ops')}</Denied>}
      {scopes.data && choices.on.length > 0 && !choices.free.length && <p className="t2">{t('all_on')}</p>}
      {choices.free.length > 0 && (
        <PullForm
          choices={choices}
          chosen={chosenOf(choices.free, at)}
          takesFocus={Boolean(pull)}
          // The wish to pull is fulfilled by the focus: it is taken out of the address, so that it can be had again.
          onFocus={() => void navigate({ search: { at }, replace: true })}
          onChoose={(scope) => void navigate({ search: { at: scope && nameOfScope(scope) }, replace: true })}
        />
      )}
    </section>
  )
}
