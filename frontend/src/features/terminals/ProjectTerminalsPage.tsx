/** The tab Terminals of a project: its sessions only. */
export { ProjectTerminals as default } from './TerminalsPage'
