/** Comment, evidence, Fail and Pass. A key only moves to the button; Enter there gives the verdict, and the server's word is shown. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { TextArea } from '@/components/TextBox'
import { CircleCheck, CircleX } from 'lucide-react'
import { useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Key } from '@/components/Key'
import { api, body, type Schemas } from '@/lib/api/client'
import { asApiError, type ApiError } from '@/lib/api/errors'
import { useDraft } from '@/lib/drafts'
import { sentence } from '@/lib/i18n'
import { useKey } from '@/lib/keys'
import { useMe } from '@/lib/me'
import { isWebAddress } from '@/lib/web'
import { EvidenceRows } from './EvidenceRows'
import { evidenceToSend, type VerdictDraft } from './model'
import css from './Verdict.module.css'

type Props = {
  release: Schemas['ReleaseCard']
  environment: string
  /** the environment, as this language calls it */
  called: string
  latest: Schemas['Verdict'] | undefined
  onDone: (() => void) | undefined
  /** what is read before the verdict; scrolls together with the form */
  children: ReactNode
}
type Outcome = 'passed' | 'failed'

const EMPTY: VerdictDraft = { comment: '', evidence: [] }
const TOUCHED = ['release', 'releases', 'board', 'inbox', 'ticket', 'tickets', 'summaries']

export function GiveVerdict({ release, environment, called, latest, onDone, children }: Props) {
  const { t } = useTranslation('verdict')
  const me = useMe()
  const client = useQueryClient()
  const draft = useDraft(me.id, `verdict.${release.id}.${environment}`, EMPTY)
  const [commentMissing, setCommentMissing] = useState(false)
  const comment = useRef<HTMLTextAreaElement>(null)
  const passButton = useRef<HTMLButtonElement>(null)
  const failButton = useRef<HTMLButtonElement>(null)

  const give = useMutation<Schemas['Verdict'], unknown, Outcome>({
    mutationFn: (outcome: Outcome) =>
      body(
        api.POST('/api/v1/releases/{release_id}/verdicts/', {
          params: { path: { release_id: release.id } },
          body: {
            environment,
            outcome,
            comment: draft.value.comment.trim(),
            evidence: evidenceToSend(draft.value.evidence),
          },
        }),
      ) as Promise<Schemas['Verdict']>,
    onSuccess: async () => {
      draft.change(EMPTY)
      draft.clear()
      await Promise.all(TOUCHED.map((noun) => client.invalidateQueries({ queryKey: [noun] })))
      onDone?.()
    },
  })

  const lacksComment = draft.value.comment.trim() === ''
  const askForComment = () => {
    setCommentMissing(true)
    comment.current?.focus()
  }
  const send = (outcome: Outcome) => {
    if (give.isPending) return
    if (outcome === 'failed' && lacksComment) return askForComment()
    if (evidenceToSend(draft.value.evidence).some(({ url }) => !isWebAddress(url))) return
    give.mutate(outcome)
  }
  useKey('p', () => passButton.current?.focus())
  useKey('f', () => (lacksComment ? askForComment() : failButton.current?.focus()))

  const problem = give.isError ? asApiError(give.error) : null
  const commentProblem = commentMissing && lacksComment ? sentence({ code: 'verdict.comment_required' }) : ''
  const pending = (outcome: Outcome) => (give.isPending && give.variables === outcome ? { delay: 300 } : false)
  return (
    <>
      <div className={css.scroll}>
        {children}
        <div className={css.form}>
          <EvidenceRows
            rows={draft.value.evidence}
            problems={rowProblems(problem)}
            change={(evidence) => draft.change((old) => ({ ...old, evidence }))}
          />
          <TextArea
            ref={comment}
            value={draft.value.comment}
            least={2}
            most={6}
            maxLength={5000}
            aria-label={t('comment')}
            placeholder={t('comment_hint')}
            bad={Boolean(commentProblem)}
            aria-invalid={Boolean(commentProblem)}
            onChange={(event) => draft.change((old) => ({ ...old, comment: event.target.value }))}
          />
          {commentProblem && (
            <p className={css.problem} role="alert">
              {commentProblem}
            </p>
          )}
          {draft.restored && !lacksComment && (
            <p className="t3 s12">
              {t('draft.restored')}{' '}
              <button
                type="button"
                className="link"
                onClick={() => {
                  draft.change(EMPTY)
                  draft.clear()
                }}
              >
                {t('draft.discard')}
              </button>
            </p>
          )}
        </div>
      </div>
      <div className={css.bar}>
        {problem && (
          <p className={css.refusal} role="alert">
            {sentence(problem)}
          </p>
        )}
        <div className={css.buttons}>
          <Button
            ref={failButton}
            className={css.fail}
            icon={<CircleX size={16} aria-hidden />}
            loading={pending('failed')}
            onClick={() => send('failed')}
            aria-keyshortcuts="F"
          >
            {t('fail')}
            <Key>f</Key>
          </Button>
          <Button
            ref={passButton}
            className={css.pass}
            type="primary"
            icon={<CircleCheck size={16} aria-hidden />}
            loading={pending('passed')}
            onClick={() => send('passed')}
            aria-keyshortcuts="P"
          >
            {t('pass')}
            <Key onInk>p</Key>
          </Button>
        </div>
        <p className={css.note}>{latest ? t('note.again') : t('note.first', { environment: called })}</p>
      </div>
    </>
  )
}

/** The server's refusals of single links, by row. */
function rowProblems(problem: ApiError | null): Record<number, string> {
  const found: Record<number, string> = {}
  for (const [field, given] of Object.entries(problem?.fields ?? {})) {
    const row = /^evidence\.(\d+)\b/.exec(field)?.[1]
    const first = [given].flat()[0]
    if (row !== undefined && first) found[Number(row)] = sentence(first)
  }
  return found
}
