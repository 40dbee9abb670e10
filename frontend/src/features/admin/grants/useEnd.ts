/** Ending a grant on the page of grants: told with Undo. */
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import { notify } from '@/components/notify'
import { useEndGrant } from '@/lib/api/queries'

const UNDO_SECONDS = 8

export function useEnd() {
  const { t } = useTranslation(['admin', 'common'])
  return useEndGrant(({ user, role, environment }, again) =>
    notify(
      t('grant.ended', { name: nameOf(user), role: t(`common:role.${role}`), environment }),
      { label: t('common:undo'), run: again },
      UNDO_SECONDS,
    ),
  )
}
