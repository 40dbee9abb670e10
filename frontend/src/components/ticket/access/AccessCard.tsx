/** The card of a service that wants in, or goes: five questions, what is created with its links, what was asked. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Argv } from '@/components/Argv'
import { RegionError } from '@/components/states'
import { StatusIcon } from '@/components/Status'
import { undoAccess } from '@/lib/api/access'
import { stepsQuery, ticketQuery } from '@/lib/api/queries'
import { useFileOnce } from '@/lib/filing'
import { sentence } from '@/lib/i18n'
import { useIsPhone } from '@/lib/screen'
import { AnswerStrip } from '../AnswerStrip'
import { Approvals } from '../Approvals'
import { CardHead } from '../CardHead'
import { gateChecks } from '../checks'
import { Gates } from '../Gates'
import { Section } from '../Section'
import { StateNotes } from '../StateNotes'
import type { Card, Known } from '../types'
import {
  accessAnswers,
  factsOf,
  isRemoval,
  itemsOf,
  madeHere,
  type AccessAnswer,
  type AccessWord,
  type Item,
} from './answers'
import { MadeWords } from './MadeWords'
import type { Schemas } from '@/lib/api/client'
import css from '../ticket.module.css'
import rows from '../rows.module.css'
import own from './access.module.css'

type Props = { card: Card; menu?: ReactNode; isPage?: boolean; lead?: ReactNode; aside?: ReactNode }

function useWord(): (word: AccessWord | null) => string {
  const { t } = useTranslation('access')
  return (word) => (word ? t(word.key as 'q.nothing', word.params) : '')
}

function Questions({ card, answers }: { card: Card; answers: AccessAnswer[] }) {
  const { t } = useTranslation('access')
  const phone = useIsPhone()
  const say = useWord()
  const question = (name: AccessAnswer['name']) =>
    t(name === 'created' && isRemoval(card) ? 'question.removed' : `question.${name}`)
  const told = answers.map(({ name, tone, value, detail }) => ({
    name,
    tone,
    question: question(name),
    value: say(value),
    detail: say(detail),
  }))
  return <AnswerStrip answers={told} asRows={phone} />
}

const WHAT: Record<string, string> = {
  add_webhook: 'webhook',
  create_job: 'job',
  create_namespace: 'namespace',
  set_quota: 'quota',
  grant_defaults: 'grants',
  remove_workloads: 'workloads',
  remove_webhook: 'webhook',
  remove_job: 'job',
  remove_namespace: 'namespace',
  revoke_grants: 'grants',
}

/** Lanes of the plan that say no more than the thing's own name. */
const SYSTEMS = new Set(['gitlab', 'jenkins'])

function ItemRow({ item: { step, made } }: { item: Item }) {
  const { t } = useTranslation(['access', 'ticket'])
  const { t: common } = useTranslation()
  const what = made?.what || WHAT[step.name]
  const name = what
    ? t(`what.${what}` as 'what.job', { defaultValue: what })
    : t(`ticket:step.${step.name}` as 'ticket:step.start', { defaultValue: step.name.replaceAll('_', ' ') })
  return (
    <li className={rows.item} data-step={step.name}>
      <StatusIcon status={step.status} size={16} />
      <span className="grow">
        <span className="b5">{name}</span>{' '}
        <span className="hidden-visually">
          {common(`status.${step.status}` as 'status.running', { defaultValue: step.status })}
        </span>{' '}
        {!SYSTEMS.has(step.target) && <span className={`t2 s12 ${own.target}`}>{step.target}</span>}
        {step.reason && <span className={`t2 s12 ${own.line}`}>{sentence(step.reason)}</span>}
        {step.note && <span className={`t2 s12 ${own.line}`}>{sentence(step.note)}</span>}
        {made && made.foreign.length > 0 && (
          <span className={`t2 s12 ${own.line}`}>{t('foreign', { objects: made.foreign.join(', ') })}</span>
        )}
      </span>
      {made && <MadeWords made={made} />}
    </li>
  )
}

function Items({ card, steps }: { card: Card; steps: Schemas['Step'][] }) {
  const { t } = useTranslation('access')
  const items = itemsOf(steps)
  if (!items.length) return null
  return (
    <Section title={t(isRemoval(card) ? 'question.removed' : 'question.created')}>
      <ul className={rows.items}>
        {items.map((item) => (
          <ItemRow key={item.step.id} item={item} />
        ))}
      </ul>
    </Section>
  )
}

function Asked({ card }: { card: Card }) {
  const { t } = useTranslation('access')
  const facts = factsOf(card.form)
  if (isRemoval(card) || !facts.length) return null
  return (
    <Section title={t('asked')}>
      <dl className={own.facts}>
        {facts.map(({ field, text, argv }) => (
          <div key={field} data-fact={field}>
            <dt>{t(`f.${field}` as 'f.name', { defaultValue: field })}</dt>
            <dd>
              {argv ? (
                <Argv argv={argv} />
              ) : (
                <span>
                  {field === 'migration' ? t(`migration.${text}` as 'migration.vm', { defaultValue: text }) : text}
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

/** After a run that did not end well: what it made can be taken back, by another ticket; once, then the name is free. */
function Undo({ card, steps }: { card: Card; steps: Schemas['Step'][] }) {
  const { t } = useTranslation('access')
  const navigate = useNavigate()
  const count = madeHere(steps)
  const undo = useFileOnce<number>({
    send: undoAccess,
    touches: [['ticket', card.id], ['tickets'], ['inbox'], ['projects']],
    onFiled: (ticket) => void navigate({ to: '/tickets/$id', params: { id: String(ticket.id) } }),
  })
  const wrong = card.status === 'failed' || card.status === 'errored'
  const isUndone = card.project.slug.includes('~')
  if (isRemoval(card) || !wrong || isUndone || !count || !card.rights.retry.allowed) return null
  return (
    <Section title={t('question.undo')}>
      <p className="t2">{t('undo.means', { count })}</p>
      {undo.error && <RegionError error={undo.error} />}
      <Button className={own.undo} loading={undo.isPending && { delay: 300 }} onClick={() => undo.file(card.id)}>
        {t('undo')}
      </Button>
    </Section>
  )
}

export default function AccessCard({ card, menu, isPage, lead, aside }: Props) {
  const read = useQuery(ticketQuery(card.id))
  const plan = useQuery(stepsQuery(card.id))
  const steps: Known<Schemas['Step'][]> = { data: plan.data?.results, failed: plan.isError && !plan.data }
  return (
    <article className={css.card} data-ticket={card.id}>
      <CardHead card={card} updatedAt={read.dataUpdatedAt} failed={read.isError} menu={menu} isPage={isPage} />
      <StateNotes card={card} />
      {lead}
      <Questions card={card} answers={accessAnswers(card, steps)} />
      <div className={`${css.columns} ${aside ? css.withAside : ''}`}>
        <div className={css.left}>
          {plan.isError && !plan.data && <RegionError error={plan.error} retry={() => void plan.refetch()} />}
          {steps.data && <Items card={card} steps={steps.data} />}
          <Asked card={card} />
        </div>
        <div className={css.right}>
          {aside}
          <Gates checks={gateChecks({ card })} />
          {steps.data && <Undo card={card} steps={steps.data} />}
          <Approvals card={card} />
        </div>
      </div>
    </article>
  )
}
