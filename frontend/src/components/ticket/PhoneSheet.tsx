/** What a row of the phone's card opens from below. Loaded when a row is opened first; decides nothing. */
import { Drawer } from 'antd'
import { useTranslation } from 'react-i18next'
import { nameOf } from '@/components/Person'
import { Approvals } from './Approvals'
import { ChangeDiff } from './ChangeDiff'
import { checksOf, type Check } from './checks'
import { Commits } from './Commits'
import { Evidence } from './Evidence'
import { Gates } from './Gates'
import type { Answer } from './questions'
import type { Card, Facts } from './types'
import { WayBack } from './WayBack'
import { WhereItGoes } from './WhereItGoes'
import css from './ticket.module.css'

export type Sheet = Answer['name'] | 'fingerprint'

type Props = { sheet: Sheet | null; facts: Facts; answers: Answer[]; close: () => void }

export default function PhoneSheet({ sheet, facts, answers, close }: Props) {
  const { t } = useTranslation('ticket')
  return (
    <Drawer
      open={sheet !== null}
      onClose={close}
      placement="bottom"
      size="75%"
      title={sheet === null ? '' : sheet === 'fingerprint' ? t('exactly') : t(`question.${sheet}`)}
    >
      {sheet && (
        <div className={css.sheet}>
          <SheetBody sheet={sheet} facts={facts} answers={answers} checks={checksOf(facts)} />
        </div>
      )}
    </Drawer>
  )
}

/** Who asks, and in what words. */
function Words({ card }: { card: Card }) {
  const { t } = useTranslation('ticket')
  const words = card.note || (typeof card.form.reason === 'string' ? card.form.reason : '')
  return (
    <p>
      <span className="t2">
        {nameOf(card.requester)} {t('asks')}
      </span>{' '}
      {words && <q>{words}</q>}
    </p>
  )
}

type BodyProps = { sheet: Sheet; facts: Facts; answers: Answer[]; checks: Check[] }

function SheetBody({ sheet, facts, answers, checks }: BodyProps) {
  const { card } = facts
  if (sheet === 'changes')
    return (
      <>
        <Words card={card} />
        <ChangeDiff card={card} />
        <Commits facts={facts} />
      </>
    )
  if (sheet === 'tested')
    return (
      <>
        <Gates checks={checks.filter((one) => one.about === 'tested')} />
        <Evidence card={card} />
      </>
    )
  if (sheet === 'land')
    return (
      <>
        <Gates checks={checks.filter((one) => one.about === 'land')} />
        <WhereItGoes facts={facts} />
      </>
    )
  if (sheet === 'back') return <WayBack facts={facts} answer={answers.find((one) => one.name === 'back')} />
  if (sheet === 'time')
    return (
      <>
        <Gates checks={checks.filter((one) => one.about === 'time')} />
        <Approvals card={card} />
      </>
    )
  return (
    <>
      <ChangeDiff card={card} />
      <Approvals card={card} />
    </>
  )
}
