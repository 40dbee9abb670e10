/** Chooses an action of the policy table by its words, grouped by what it is about. Speaks `settings`: a page that shows it names it. */
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { SUBJECTS, type PolicyAction } from '@/lib/policy'

type Props = {
  id?: string
  label: string
  value: PolicyAction
  onChange: (action: PolicyAction) => void
  'aria-describedby'?: string
}

export function ActionSelect({ label, value, onChange, ...bound }: Props) {
  const { t } = useTranslation('settings')
  const options = (Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[]).map((subject) => ({
    label: t(`subject.${subject}`),
    options: SUBJECTS[subject].map((action) => ({ value: action as PolicyAction, label: t(`action.${action}`) })),
  }))
  return (
    <Select<PolicyAction>
      {...bound}
      aria-label={label}
      showSearch={{ optionFilterProp: 'label' }}
      value={value}
      options={options}
      onChange={onChange}
      style={{ width: '100%' }}
    />
  )
}
