/** The form of the sheet. Pods and policy are the portal's; nothing is chosen by the name of a pod. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Select } from 'antd'
import { CircleDot, Eye } from 'lucide-react'
import { useState, type SyntheticEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { describedBy, Field, problemOf, restOf } from '@/components/form/Field'
import { ProjectSelect } from '@/components/form/ProjectSelect'
import { Denied, RegionError } from '@/components/states'
import { Status } from '@/components/Status'
import { TextArea } from '@/components/TextBox'
import type { Pod } from '@/lib/api/terminals'
import { useSlugWord } from '@/lib/environment'
import { useMe } from '@/lib/me'
import { offered, runs } from '@/lib/pods'
import { rememberedContainer } from '@/lib/terminal/preferences'
import { MINUTES, MINUTES_FIRST, REASON_LEAST, REASON_MOST, together } from './opening'
import { PodChoice } from './PodChoice'
import { useOpen } from './useOpen'
import { useOpening, workloadsOfQuery } from './useOpening'
import css from './terminals.module.css'

export type NewSearch = { project?: string; env?: string; workload?: number; pod?: string; ticket?: number }
const SHOWN = ['reason', 'minutes', 'container', 'pod', 'workload']

export function NewShell({ search, change }: { search: NewSearch; change: (part: NewSearch) => void }) {
  const { t } = useTranslation('terminals')
  const me = useMe()
  const word = useSlugWord()
  const workloads = useQuery(workloadsOfQuery(search.project)).data?.results ?? []
  const workload =
    workloads.find((one) => one.id === search.workload) ??
    workloads.find((one) => !search.env || one.environment === search.env)
  const place = workload
    ? {
        project: workload.project,
        projectId: workload.project_id,
        environment: workload.environment,
        environmentId: workload.environment_id,
        workload: workload.id,
      }
    : null
  const opening = useOpening(place, search.ticket ?? null)
  const pods = opening.pods.data?.pods ?? []
  const pod = pods.find((one) => one.name === search.pod) ?? pods[0]
  const [container, setContainer] = useState<string | null>(null)
  const [typed, setTyped] = useState<string | null>(null)
  const reason = typed ?? opening.reason
  const [minutes, setMinutes] = useState<number>(MINUTES_FIRST)
  const [asked, setAsked] = useState(false)
  const chosen =
    pod?.containers.find((one) => one.name === container) ??
    pod?.containers.find((one) => one.name === offered(pod, workload ? rememberedContainer(me.id, workload.id) : null))
  const deeds = useOpen(me.id, (ticket) => change({ ...search, ticket }))
  const words = reason.trim()
  const short = words.length < REASON_LEAST
  const problem = (field: string) => problemOf(deeds.error, field)
  const wanted = place && pod && chosen && { place, pod, container: chosen.name, reason: words, minutes }
  const ready = (run: (what: NonNullable<typeof wanted>) => void) => {
    setAsked(true)
    if (wanted && !short) run(wanted)
    else document.getElementById(short ? 'sh-reason' : 'sh-workload')?.focus()
  }
  // Who may not is told at once, and asked for nothing.
  const denied = opening.known && opening.way === 'refused' ? opening.refusal : undefined
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    ready((what) =>
      opening.way === 'ask'
        ? deeds.ask(what)
        : deeds.open(what, opening.way === 'open' ? null : (opening.ticket?.id ?? null)),
    )
  }
  return (
    <form className={css.form} onSubmit={submit} noValidate>
      <div className={css.pair}>
        <Field id="sh-project" label={t('f.project')}>
          <ProjectSelect
            label={t('f.project')}
            placeholder={t('f.project')}
            value={search.project}
            onChange={(project) => change({ project })}
          />
        </Field>
        <Field id="sh-workload" label={t('f.workload')} problem={problem('workload')}>
          <Select
            {...describedBy('sh-workload')}
            aria-label={t('f.workload')}
            value={workload?.id}
            disabled={!search.project}
            onChange={(id) => change({ project: search.project, workload: id })}
            options={together(workloads, workload?.id).map((one) => ({
              value: one.id,
              label: `${one.deployment} · ${word(one.environment)} · ${one.clusters.join(', ')}`,
            }))}
          />
        </Field>
      </div>
      {denied && <Denied reason={denied} />}
      {place && (
        <PodChoice found={opening.pods} chosen={pod} choose={(one: Pod) => change({ ...search, pod: one.name })} />
      )}
      {!denied && (
        <>
          {pod && (
            <Field id="sh-container" label={t('f.container')} problem={problem('container')}>
              <Select
                {...describedBy('sh-container')}
                aria-label={t('f.container')}
                value={chosen?.name}
                onChange={setContainer}
                options={pod.containers.map((one) => ({
                  value: one.name,
                  label: runs(one) ? one.name : t('f.container.off', { name: one.name }),
                }))}
              />
            </Field>
          )}
          <Field
            id="sh-reason"
            label={t('reason')}
            help={t('f.reason.help')}
            problem={asked && short ? t('reason.short') : problem('reason')}
          >
            <TextArea
              {...describedBy('sh-reason')}
              value={reason}
              maxLength={REASON_MOST}
              bad={asked && short}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
          {opening.way !== 'with_ticket' && (
            <Field id="sh-minutes" label={t('f.minutes')} help={t('f.minutes.help')} problem={problem('minutes')}>
              <Select
                {...describedBy('sh-minutes')}
                aria-label={t('f.minutes')}
                value={minutes}
                onChange={setMinutes}
                options={MINUTES.map((n) => ({ value: n, label: t('minutes', { count: n }) }))}
              />
            </Field>
          )}
          {place && opening.known && (
            <section className={css.policy} aria-label={t('policy')}>
              <p>
                <CircleDot size={14} aria-hidden /> {t('policy.recorded')}
              </p>
              <p>
                <Eye size={14} aria-hidden /> {t('policy.watched')}
              </p>
              <p className="b5">{t(`policy.${opening.policy}`, { environment: word(place.environment) })}</p>
              {opening.ticket && (opening.way === 'waits' || opening.way === 'with_ticket') && (
                <p>
                  <Link to="/tickets/$id" params={{ id: String(opening.ticket.id) }} className="link tnum">
                    #{opening.ticket.id}
                  </Link>{' '}
                  <Status status={opening.ticket.status} plain /> {t(`ticket.${opening.way}`)}
                </p>
              )}
            </section>
          )}
          {deeds.error && restOf(deeds.error, SHOWN) && <RegionError error={deeds.error} />}
          {place && opening.known && (
            <div className={css.buttons}>
              {opening.mayBreak && (
                <Button danger loading={deeds.breaking} onClick={() => ready((what) => deeds.breakGlass(what))}>
                  {t('glass.break')}
                </Button>
              )}
              {opening.way !== 'waits' && (
                <Button type="primary" htmlType="submit" loading={deeds.pending && !deeds.breaking && { delay: 300 }}>
                  {t(opening.way === 'ask' ? 'ask' : 'open')}
                </Button>
              )}
            </div>
          )}
          {opening.mayBreak && <p className="t2 s12">{t('glass.means')}</p>}
        </>
      )}
    </form>
  )
}
