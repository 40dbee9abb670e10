/** From which image to which, and in what order of clusters. Draws places; asks nothing. */
import { useTranslation } from 'react-i18next'
import { FromTo as Images, WavesBox, type WavePlace } from '@/components/Waves'
import { imageParts } from '@/lib/image'
import { hueOf } from '@/lib/status'
import { isWithoutDeployment } from './diff'
import { Section } from './Section'
import { ToneIcon } from './ToneIcon'
import { cellOf, isWaiting, placesOf, type Facts, type Target, type Tone } from './types'

/** Each once, as images that stand on the left: several when the clusters differ. */
const distinct = (words: string[]): string[] => [...new Set(words.filter(Boolean))]

/** The images of a card. */
export function FromTo({ facts, short = false }: { facts: Facts; short?: boolean }) {
  const { t } = useTranslation('ticket')
  const { card } = facts
  const places = placesOf(card, facts.environment.data)
  if (card.kind === 'configure') {
    const text = t(isWithoutDeployment(card.change) ? 'image_none' : 'image_stays')
    return <Images from={[]} to={<span className="t2">{text}</span>} />
  }
  const to = distinct(places.map((place) => place.to))[0]
  const target = to ? imageParts(to) : { tag: card.release?.tag, digest: card.release?.digest }
  return <Images from={distinct(places.map((place) => place.from)).map(imageParts)} to={target} short={short} />
}

const TONES: Record<string, Tone> = { ok: 'ok', bad: 'bad', odd: 'odd', run: 'run', wait: 'wait', off: 'off' }

function useWave(facts: Facts): (place: Target) => WavePlace {
  const { t } = useTranslation('ticket')
  const isFirst = isWithoutDeployment(facts.card.change)
  return (place) => {
    const cell = cellOf(facts.environment.data, place)
    const rollout = facts.card.rollouts.find(
      (one) => one.cluster === place.cluster && one.deployment === place.deployment,
    )
    const begun = rollout && !isWaiting(facts.card.status)
    const silent = cell?.cluster.is_silent
    return {
      key: `${place.cluster}/${place.namespace}/${place.deployment}`,
      wave: place.wave,
      label: t('wave', { n: place.wave }),
      mark: begun && <ToneIcon tone={TONES[hueOf(rollout.result)] ?? 'odd'} size={20} />,
      cluster: place.cluster,
      isSilent: silent,
      note: begun
        ? t(`result.${rollout.result}` as 'result.succeeded', { defaultValue: rollout.result })
        : isFirst
          ? t('made_by_release')
          : cell?.will_be_made
            ? t('will_be_made')
            : silent || cell?.ready == null
              ? t('pods_unknown')
              : t('pods', { count: cell.total ?? 0 }),
    }
  }
}

export function WhereItGoes({ facts }: { facts: Facts }) {
  const { t } = useTranslation('ticket')
  const wave = useWave(facts)
  const places = placesOf(facts.card, facts.environment.data)
  const pods = places.map((place) => cellOf(facts.environment.data, place)?.total)
  const total = pods.every((n) => typeof n === 'number') ? pods.reduce((a, b) => a + b, 0) : null
  const waves = new Set(places.map((place) => place.wave)).size
  const note = [
    total === null ? '' : t('pods', { count: total }),
    places.length > 1 ? (waves === places.length ? t('one_at_a_time') : t('in_waves', { count: waves })) : '',
  ]
    .filter(Boolean)
    .join(t('comma'))
  const commands = distinct(places.map((place) => place.preRollout))
  if (!places.length) return null
  return (
    <Section title={t('where')} note={note}>
      <WavesBox head={<FromTo facts={facts} />} places={places.map(wave)} />
      {commands.map((command) => (
        <p key={command} className="s12 t2">
          {t('pre_rollout')} <code>{command}</code>
        </p>
      ))}
    </Section>
  )
}
