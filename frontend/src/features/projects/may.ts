/** Whether somebody may add projects, by what the server says of him. */
import type { Schemas } from '@/lib/api/client'

export const mayCreate = (me: Schemas['Me']): boolean => me.may['project.create'] === true
