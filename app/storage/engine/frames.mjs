// The messages between a query engine and the process that it serves, as bytes. No I/O.
//
// Either side sends frames; all numbers are big-endian.
//
//   request:  length u32 · number u32 · kind u8 · length of transaction u8 · transaction, ASCII · body, UTF-8
//   answer:   length u32 · number u32 · verdict u8 · body, UTF-8
//
// The length counts what follows it. An answer bears the number of its request; answers come in any order.

const LENGTH_BYTES = 4
const REQUEST_HEADER_BYTES = 10
const ANSWER_HEADER_BYTES = 9

export const Kind = Object.freeze({
  START: 0,
  QUERY: 1,
  BEGIN: 2,
  COMMIT: 3,
  ROLLBACK: 4,
  STATUS: 5,
  PING: 6,
})
export const Verdict = Object.freeze({ ANSWERED: 0, REFUSED: 1 })

/** @typedef {{ number: number, kind: number, transaction: string | undefined, body: string }} Request */

/** Takes bytes as they arrive, however they are cut, and gives the requests that are complete. */
export class RequestParser {
  /** @type {Buffer[]} of a frame that is not complete, joined only when it is */
  #chunks = []
  #bytes = 0
  #wanted = REQUEST_HEADER_BYTES

  /**
   * @param {Buffer} chunk
   * @returns {Request[]}
   */
  feed(chunk) {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#wanted) return []
    const requests = []
    const received = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    let at = 0
    this.#wanted = REQUEST_HEADER_BYTES
    while (received.length - at >= REQUEST_HEADER_BYTES) {
      const end = at + LENGTH_BYTES + received.readUInt32BE(at)
      if (end > received.length) {
        this.#wanted = end - at
        break
      }
      requests.push(decode(received, at, end))
      at = end
    }
    this.#bytes = received.length - at
    this.#chunks = this.#bytes ? [received.subarray(at)] : []
    return requests
  }
}

/** @returns {Request} */
function decode(received, start, end) {
  const body = start + REQUEST_HEADER_BYTES + received[start + 9]
  return {
    number: received.readUInt32BE(start + 4),
    kind: received[start + 8],
    transaction: received.latin1Slice(start + REQUEST_HEADER_BYTES, body) || undefined,
    body: received.utf8Slice(body, end),
  }
}

/**
 * @param {number} number
 * @param {number} verdict
 * @param {string} body
 */
export function encodeAnswer(number, verdict, body) {
  const bytes = Buffer.byteLength(body)
  const frame = Buffer.allocUnsafe(ANSWER_HEADER_BYTES + bytes)
  frame.writeUInt32BE(ANSWER_HEADER_BYTES - LENGTH_BYTES + bytes, 0)
  frame.writeUInt32BE(number, 4)
  frame[8] = verdict
  frame.utf8Write(body, ANSWER_HEADER_BYTES)
  return frame
}
