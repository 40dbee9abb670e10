/** Nodes as a table: state with its reason, rack, room, and the labels that people gave. */
import { useTranslation } from 'react-i18next'
import { Status } from '@/components/Status'
import { ownLabels, readableCpu, readableMemory, stateOf, type Node, type State } from './nodes'
import css from '../Admin.module.css'
import own from './nodes.module.css'

const MARK: Record<State, string> = { ready: 'ready', closed: 'off', not_ready: 'failed', silent: 'unknown' }
const TYPE = 'node.kubernetes.io/instance-type'

function Labels({ node, rackLabel }: { node: Node; rackLabel: string }) {
  const { t } = useTranslation('admin')
  return (
    <div className={css.chips}>
      {ownLabels(node, rackLabel).map(([key, value]) => (
        <code key={key} className={own.label}>
          {value ? `${key}=${value}` : key}
        </code>
      ))}
      {node.taints.map(({ key, value, effect }) => (
        <code key={`${key}:${effect}`} className={own.label} data-taint>
          {t('nodes.taint')} {value ? `${key}=${value}` : key}:{effect}
        </code>
      ))}
    </div>
  )
}

export function NodeTable({ nodes, rackLabel }: { nodes: Node[]; rackLabel: string }) {
  const { t } = useTranslation('admin')
  return (
    <div className={css.tableCard}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">{t('nodes.node')}</th>
            <th scope="col">{t('nodes.state')}</th>
            <th scope="col">{t('nodes.rack')}</th>
            <th scope="col" className={css.wide}>
              {t('nodes.type')}
            </th>
            <th scope="col" className={`${css.num} ${css.medium}`}>
              {t('nodes.cpu')}
            </th>
            <th scope="col" className={`${css.num} ${css.medium}`}>
              {t('nodes.memory')}
            </th>
            <th scope="col" className={`${css.num} ${css.wide}`}>
              {t('nodes.pods')}
            </th>
            <th scope="col" className={css.medium}>
              {t('nodes.labels')}
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.name}>
              <td>
                <div className={own.name}>
                  <span className="mono">{node.name}</span>
                  <span className="t3 s12">{node.kubelet}</span>
                </div>
              </td>
              <td>
                <Status status={MARK[stateOf(node)]} label={t(`nodes.state.${stateOf(node)}`)} plain />
              </td>
              <td>{node.rack || <span className="t3">–</span>}</td>
              <td className={css.wide}>{node.labels[TYPE] || <span className="t3">–</span>}</td>
              <td className={`${css.num} ${css.medium}`}>{readableCpu(node.cpu)}</td>
              <td className={`${css.num} ${css.medium}`}>{readableMemory(node.memory)}</td>
              <td className={`${css.num} ${css.wide}`}>{node.pods}</td>
              <td className={css.medium}>
                <Labels node={node} rackLabel={rackLabel} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
