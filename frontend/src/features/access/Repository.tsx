/** The repository: found by typing or pasted, and what the portal and Jenkins may do with it. The server looks; this shows. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { AutoComplete, Button, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { describedBy, Field } from '@/components/form/Field'
import { ToneIcon } from '@/components/ticket/ToneIcon'
import type { Tone } from '@/components/ticket/types'
import { RegionError } from '@/components/states'
import { asApiError } from '@/lib/api/errors'
import { useDebounced } from '@/lib/debounced'
import { sentence } from '@/lib/i18n'
import { isWebAddress } from '@/lib/web'
import type { ReactNode } from 'react'
import type { Part } from './form'
import { pathOf } from './model'
import { repositoriesQuery, type Check } from './queries'
import css from './access.module.css'

function System({ kind, names, part }: { kind: 'gitlab' | 'jenkins' | 'registry'; names: string[]; part: Part }) {
  const { t } = useTranslation('access')
  const { draft, set, problem } = part
  const wrong = problem(kind)
  if (names.length === 1 && !wrong) return null
  return (
    <Field id={kind} label={t(`f.${kind}`)} problem={wrong} help={names.length ? undefined : t('no_system')}>
      <Select
        {...describedBy(kind)}
        aria-label={t(`f.${kind}`)}
        value={draft[kind] || undefined}
        status={wrong ? 'error' : undefined}
        onChange={(name) => set({ [kind]: name }, kind)}
        options={names.map((name) => ({ value: name, label: name }))}
      />
    </Field>
  )
}

function Found({ tone, children, end }: { tone: Tone; children: ReactNode; end?: ReactNode }) {
  return (
    <li>
      <ToneIcon tone={tone} />
      <span className="grow">{children}</span>
      {end}
    </li>
  )
}

const CLONE_TONES = { running: 'run', ok: 'ok', failed: 'bad', unknown: 'odd' } as const

function CloneLine({ check }: { check: Check }) {
  const { t } = useTranslation('access')
  const clone = check.answer?.clone
  if (check.clone.isPending || clone?.state === 'running') return <Found tone="run">{t('clone.running')}</Found>
  if (!clone) return null
  /** the API's `unknown` without a reason is that nobody asked today */
  const isAsked = clone.state !== 'unknown' || clone.code !== ''
  const ask = (
    <Button size="small" onClick={check.clone.ask}>
      {t(isAsked ? 'clone.again' : 'clone.ask')}
    </Button>
  )
  return (
    <Found tone={isAsked ? CLONE_TONES[clone.state] : 'off'} end={clone.state === 'ok' ? undefined : ask}>
      {!isAsked ? t('clone.not_asked') : clone.code ? sentence(clone) : t('clone.ok')}
    </Found>
  )
}

/** What was found of it, one line each; nothing is a tick that was not asked. */
function Checks({ form, problem, check }: Part) {
  const { t } = useTranslation('access')
  const { repository, access } = check.answer ?? {}
  if (!form.gitlab_path || problem('gitlab_path') || !access) return null
  const isOld = !check.holds('gitlab', 'gitlab_path')
  return (
    <ul className={`${css.found} ${isOld ? css.behind : ''}`} aria-label={t('found')} aria-busy={isOld || undefined}>
      {repository && (
        <Found tone={repository.archived ? 'bad' : 'ok'}>
          {isWebAddress(repository.web_url) ? (
            <a href={repository.web_url} target="_blank" rel="noreferrer" className="link b5">
              {repository.path}
            </a>
          ) : (
            <span className="b5">{repository.path}</span>
          )}{' '}
          <span className="t2">
            {repository.archived
              ? t('repo.archived')
              : repository.default_branch
                ? t('repo.branch', { branch: repository.default_branch })
                : t('repo.no_branch')}
          </span>
        </Found>
      )}
      <Found tone={access.ok ? 'ok' : repository ? 'bad' : 'odd'}>
        {access.code ? sentence(access) : t('access.ok')} {!repository && t('repo.at_filing')}
      </Found>
      <CloneLine check={check} />
      {check.clone.error && (
        <li>
          <RegionError error={check.clone.error} />
        </li>
      )}
    </ul>
  )
}

function Search({ part }: { part: Part }) {
  const { t } = useTranslation('access')
  const { draft, form, set, problem } = part
  const q = useDebounced(pathOf(draft.gitlab_path), 300)
  const found = useQuery({ ...repositoriesQuery(form.gitlab ?? '', q), placeholderData: keepPreviousData })
  const wrong = problem('gitlab_path')
  return (
    <Field
      id="gitlab_path"
      label={t('f.gitlab_path')}
      help={found.isError ? `${sentence(asApiError(found.error))} ${t('repo.at_filing')}` : t('repo.help')}
      problem={wrong}
      wide
    >
      <AutoComplete
        {...describedBy('gitlab_path')}
        aria-label={t('f.gitlab_path')}
        value={draft.gitlab_path}
        status={wrong ? 'error' : undefined}
        showSearch={{ filterOption: false }}
        onChange={(text: string) => set({ gitlab_path: text }, 'gitlab_path')}
        onBlur={() => {
          const path = pathOf(draft.gitlab_path)
          if (path !== draft.gitlab_path) set({ gitlab_path: path }, 'gitlab_path')
        }}
        options={(found.data?.results ?? []).map((one) => ({
          value: one.path,
          disabled: one.archived || one.is_taken,
          label: (
            <span className={css.option}>
              <span className="clip">{one.path}</span>
              <span className="t3 s12">
                {one.is_taken ? t('repo.taken') : one.archived ? t('repo.is_archived') : ''}
              </span>
            </span>
          ),
        }))}
      />
    </Field>
  )
}

export function Repository(part: Part) {
  const { t } = useTranslation('access')
  const { draft, form, set, problem, options } = part
  return (
    <section className={css.part} aria-labelledby="part-repository">
      <h2 id="part-repository" tabIndex={-1}>
        {t('part.repository')}
      </h2>
      {options && <System kind="gitlab" names={options.gitlabs} part={part} />}
      <Search part={part} />
      <div className={css.whole}>
        <Checks {...part} />
      </div>
      {options && <System kind="registry" names={options.registries} part={part} />}
      <Field
        id="image_repository"
        label={t('f.image_repository')}
        help={t('image_help')}
        problem={problem('image_repository')}
        optional
      >
        <Input
          {...describedBy('image_repository')}
          className="mono"
          value={draft.image_repository}
          placeholder={form.gitlab_path.toLowerCase()}
          status={problem('image_repository') ? 'error' : undefined}
          spellCheck={false}
          onChange={(event) => set({ image_repository: event.target.value }, 'image_repository')}
        />
      </Field>
      {options && <System kind="jenkins" names={options.jenkins} part={part} />}
    </section>
  )
}
