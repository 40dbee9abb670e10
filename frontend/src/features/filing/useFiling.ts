/** Files a release, promote or roll back: once, whatever is pressed twice. */
import { api, body, type Schemas } from '@/lib/api/client'
import { useFileOnce } from '@/lib/filing'
import type { FileRequest } from './queries'

export const useFiling = (onFiled: (ticket: Schemas['TicketCard']) => void) =>
  useFileOnce<FileRequest>({
    send: (request, key) =>
      body(api.POST('/api/v1/tickets/', { body: request, params: { header: { 'Idempotency-Key': key } } })),
    touches: [['tickets'], ['releases'], ['board']],
    onFiled,
  })
