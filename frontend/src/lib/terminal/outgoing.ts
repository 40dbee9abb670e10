/**
 * What was typed and the portal has not accepted yet. After a cut it is sent again from where the portal says it stands,
 * so that nothing typed is lost or done twice. Must not know of sockets.
 */

/** On its way without an answer, at most: the contract of the socket. */
const IN_FLIGHT = 65_536
/** Together with what waits behind it, a long paste for one; beyond it is refused. */
const HELD = 1_048_576
const PIECE = 16_384

export class Outgoing {
  /** input bytes of the session before `held` */
  private accepted = 0
  private sent = 0
  private held: Uint8Array = new Uint8Array(0)

  /** False: there is no room, nothing of it was taken. */
  add(bytes: Uint8Array): boolean {
    if (this.held.length + bytes.length > HELD) return false
    const all = new Uint8Array(this.held.length + bytes.length)
    all.set(this.held)
    all.set(bytes, this.held.length)
    this.held = all
    return true
  }

  /** The portal has accepted so many bytes since the session began. */
  settle(accepted: number): void {
    const done = Math.min(Math.max(0, accepted - this.accepted), this.held.length)
    this.held = this.held.slice(done)
    this.accepted = Math.max(this.accepted + done, accepted)
    this.sent = Math.max(this.sent, this.accepted)
  }

  /** A new socket: what the portal does not have goes once more. */
  rewind(accepted: number): void {
    this.settle(accepted)
    this.sent = this.accepted
  }

  /** What may go now, in pieces. */
  *next(): Generator<Uint8Array> {
    const end = this.accepted + Math.min(this.held.length, IN_FLIGHT)
    while (this.sent < end) {
      const from = this.sent - this.accepted
      const piece = this.held.subarray(from, Math.min(from + PIECE, end - this.accepted))
      this.sent += piece.length
      yield piece
    }
  }

  get waiting(): number {
    return this.held.length
  }
}
