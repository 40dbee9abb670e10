/** Who is signed in. Only for parts below the frame, which is drawn for signed-in people alone. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { meQuery } from './api/queries'

export const useMe = () => useSuspenseQuery(meQuery).data
