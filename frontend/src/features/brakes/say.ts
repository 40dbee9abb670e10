/** A brake's scope and what it does now, in the language of the page. */
import { useTranslation } from 'react-i18next'
import { effectsOf, type Brake, type Scope } from './model'

/** "everywhere", or "cluster dc1". */
export function useScopeWord(): (cluster: Scope['cluster']) => string {
  const { t } = useTranslation('brakes')
  return (cluster) => (cluster ? t('cluster', { name: cluster.name }) : t('everywhere'))
}

/** "2 steps wait, 1 call may still arrive"; nothing where it does neither. */
export function useEffectWords(): (brake: Pick<Brake, 'held' | 'under_way'>) => string {
  const { t } = useTranslation('brakes')
  return (brake) =>
    effectsOf(brake)
      .map(({ key, count }) => t(key, { count }))
      .join(t('comma'))
}
