/** One member of the schema with the control its type asks for; what this form cannot draw is said, and shown as it is. */
import { useTranslation } from 'react-i18next'
import { valueAt } from '../model/document'
import { isOwnKey, OwnKey } from '../secrets/OwnKey'
import { controlOf, isNullable, obstacleOf } from '../model/schema'
import { fieldId, useForm, words } from './context'
import { Exposure, isExposure } from './Exposure'
import { ChoiceField, Frame, LongField, NumberField, QuestionField, TextField, type FieldProps } from './Fields'
import { Findings } from './Findings'
import { LabelsField, RowsField, WordsField } from './Lists'
import { firstPort, isProbe, membersOf, withType } from './probes'
import css from './form.module.css'

/** A schema this form is too old for: the value is there, the server still checks it, and nobody edits it blindly. */
function Undrawn({ pointer, node, word }: FieldProps & { word: string | null }) {
  const { t } = useTranslation('configuration')
  const form = useForm()
  return (
    <Frame pointer={pointer} node={node} isGroup isWide>
      <p className={css.undrawn} role="note">
        {word ? t('unknown_word', { word, path: pointer }) : t('unknown_shape', { path: pointer })}
      </p>
      <pre className={css.raw} tabIndex={0}>
        {JSON.stringify(valueAt(form.shown, pointer) ?? null, null, 2)}
      </pre>
    </Frame>
  )
}

/** Something that is there or not: a box to tick, and its fields while it is. */
function Group({ pointer, node, label }: FieldProps) {
  const form = useForm()
  const shown = valueAt(form.shown, pointer)
  const isThere = shown !== null && shown !== undefined
  const name = label ?? words(node.title)
  const id = fieldId(pointer)
  const members = Object.entries(node.properties ?? {})
  const drawn = isProbe(node) ? members.filter(([member]) => membersOf(shown).includes(member)) : members
  return (
    <fieldset className={css.group} data-pointer={pointer}>
      <legend className="hidden-visually">{name}</legend>
      <div className={css.groupHead}>
        {isNullable(node) ? (
          <label className={css.check}>
            <input
              id={id}
              type="checkbox"
              checked={isThere}
              disabled={form.disabled}
              aria-describedby={`${id}-text`}
              onFocus={() => form.focus(pointer)}
              onChange={(event) => form.change(pointer, event.target.checked ? begun(node, form.shown) : null)}
            />
            <span className="b5">{name}</span>
          </label>
        ) : (
          <span id={id} tabIndex={-1} className="b5">
            {name}
          </span>
        )}
        <span className="t3 s12">{words(node.description)}</span>
      </div>
      <Findings pointer={pointer} />
      {(isThere || !isNullable(node)) && drawn.length > 0 && (
        <div className={css.fields}>
          {drawn.map(([member, below]) => (
            <Member key={member} pointer={`${pointer}/${member}`} node={below} />
          ))}
        </div>
      )}
    </fieldset>
  )
}

/** Ticked on: everything in it is computed; a probe needs a beginning, for what it asks hangs on its type. */
const begun = (node: FieldProps['node'], shown: unknown): unknown =>
  isProbe(node) ? withType({}, 'http', firstPort(shown)) : node.required?.includes('command') ? { command: [''] } : {}

export function Member(props: FieldProps) {
  const { pointer, node } = props
  const form = useForm()
  const word = obstacleOf(node)
  if (word) return <Undrawn {...props} word={word} />
  if (isExposure(pointer, node)) return <Exposure pointer={pointer} node={node} />
  if (isOwnKey(pointer, form.shown)) return <OwnKey {...props} />
  switch (controlOf(node)) {
    case 'group':
      return <Group {...props} />
    case 'choice':
      return <ChoiceField {...props} />
    case 'whole':
      return <NumberField {...props} />
    case 'text':
      return <TextField {...props} />
    case 'long':
      return <LongField {...props} />
    case 'question':
      return <QuestionField {...props} />
    case 'words':
      return <WordsField {...props} />
    case 'rows':
      return <RowsField {...props} />
    case 'labels':
      return <LabelsField {...props} />
    default:
      return <Undrawn {...props} word={null} />
  }
}
