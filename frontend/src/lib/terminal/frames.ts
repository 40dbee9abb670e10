/**
 * The frames of a terminal's socket: the first byte is the channel, as Kubernetes' exec has it (0 input, 1 and 2 output,
 * 4 size), with two of the portal's own (5 output taken, 6 input accepted). Must not hold any state.
 */

export const CHANNEL = { input: 0, output: 1, errors: 2, size: 4, taken: 5, accepted: 6 } as const
export type Frame = Uint8Array<ArrayBuffer>

export function frame(channel: number, payload: Uint8Array): Frame {
  const bytes = new Uint8Array(payload.length + 1)
  bytes[0] = channel
  bytes.set(payload, 1)
  return bytes
}

/** A count of bytes since the session began: eight bytes, the highest first. */
export function countFrame(channel: number, count: number): Frame {
  const bytes = new Uint8Array(9)
  bytes[0] = channel
  new DataView(bytes.buffer).setBigUint64(1, BigInt(count))
  return bytes
}

/** The count in a frame; null where there is none, or one that is no exact number here. */
export function readCount(bytes: Uint8Array): number | null {
  if (bytes.length !== 9) return null
  const count = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(1))
  return Number.isSafeInteger(count) ? count : null
}

export const sizeFrame = (cols: number, rows: number): Frame =>
  frame(CHANNEL.size, new TextEncoder().encode(JSON.stringify({ Width: cols, Height: rows })))
