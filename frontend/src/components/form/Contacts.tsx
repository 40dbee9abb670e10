/** Rows of contacts: a name, a channel, an address; in a `Field` with `group`. The whole list is the value; the server checks it. */
import { Button, Input, Select } from 'antd'
import { Plus, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '@/lib/api/client'
import css from './form.module.css'

type Contact = Schemas['ContactRequest']
const CHANNELS: Contact['channel'][] = ['phone', 'email', 'dingtalk', 'wecom', 'slack', 'webhook']

export function Contacts({
  id,
  value,
  onChange,
}: {
  id: string
  value: Contact[]
  onChange: (contacts: Contact[]) => void
}) {
  const { t } = useTranslation()
  const change = (index: number, part: Partial<Contact>) =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...part } : one)))
  return (
    <div className={css.contacts}>
      {value.map((contact, index) => (
        <div key={index} className={css.contact}>
          <Input
            aria-label={t('contact.name')}
            placeholder={t('contact.name')}
            value={contact.name}
            onChange={(event) => change(index, { name: event.target.value })}
          />
          <Select
            aria-label={t('contact.channel')}
            value={contact.channel}
            onChange={(channel) => change(index, { channel })}
            options={CHANNELS.map((channel) => ({ value: channel, label: t(`channel.${channel}`) }))}
          />
          <Input
            aria-label={t('contact.address')}
            placeholder={t('contact.address')}
            value={contact.address}
            onChange={(event) => change(index, { address: event.target.value })}
          />
          <Button
            type="text"
            icon={<X size={14} aria-hidden />}
            aria-label={t('contact.remove', { name: contact.name || index + 1 })}
            onClick={() => onChange(value.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <Button
        id={id}
        size="small"
        icon={<Plus size={14} aria-hidden />}
        onClick={() => onChange([...value, { name: '', channel: 'phone', address: '' }])}
      >
        {t('contact.add')}
      </Button>
    </div>
  )
}
