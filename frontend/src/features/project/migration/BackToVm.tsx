/** The way back: everything to the virtual machines at once. Reversible, so it asks for a reason and nothing else. */
import { Button, Input } from 'antd'
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { useBackToVm } from './queries'
import css from './migration.module.css'

export function BackToVm({ project, environment }: { project: string; environment: string }) {
  const { t } = useTranslation('migration')
  const [reason, setReason] = useState('')
  const back = useBackToVm(project, environment)
  const rest = restOf(back.error, ['reason'])
  return (
    <form
      className={css.back}
      onSubmit={(event) => {
        event.preventDefault()
        back.mutate(reason.trim())
      }}
    >
      <Field id="back-reason" label={t('back.reason')} help={t('back.help')} problem={problemOf(back.error, 'reason')}>
        <Input
          {...describedBy('back-reason')}
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
      <Button htmlType="submit" icon={<Undo2 size={14} aria-hidden />} loading={back.isPending && { delay: 300 }}>
        {t('back')}
      </Button>
      {rest && (
        <p className={css.refusal} role="alert">
          {rest}
        </p>
      )}
    </form>
  )
}
