/** Before a shell: one sheet over the list. Which container by meaning, why, how long, and what the policy asks for. */
import { useNavigate, getRouteApi, useRouter } from '@tanstack/react-router'
import { Drawer } from 'antd'
import { useTranslation } from 'react-i18next'
import { useTitle } from '@/components/Page'
import { useIsPhone } from '@/lib/screen'
import { NewShell } from './NewShell'
import css from './terminals.module.css'

const route = getRouteApi('/inside/terminals/new')

export default function NewPage() {
  const { t } = useTranslation('terminals')
  const { t: common } = useTranslation()
  const phone = useIsPhone()
  const search = route.useSearch()
  const router = useRouter()
  const navigate = useNavigate()
  useTitle(t('new'))
  const close = () => (router.history.canGoBack() ? router.history.back() : void navigate({ to: '/terminals' }))
  return (
    <>
      <h1 className="hidden-visually">{t('new')}</h1>
      <Drawer
        open
        title={t('new')}
        onClose={close}
        size={phone ? '100%' : 560}
        mask={{ blur: false }}
        closable={{ 'aria-label': common('close'), placement: 'end' }}
        classNames={{ body: css.sheetBody, header: css.sheetHead, mask: css.sheetMask }}
      >
        <div data-keys-blocked>
          <NewShell
            search={search}
            change={(part) => void navigate({ to: '/terminals/new', search: part, replace: true })}
          />
        </div>
      </Drawer>
    </>
  )
}
