import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAnswer, Kind, RequestParser, Verdict } from '../../../../app/storage/engine/frames.mjs'

function encodeRequest(number, kind, transaction, body) {
  const frame = Buffer.concat([Buffer.alloc(10), Buffer.from(transaction), Buffer.from(body)])
  frame.writeUInt32BE(frame.length - 4, 0)
  frame.writeUInt32BE(number, 4)
  frame[8] = kind
  frame[9] = Buffer.byteLength(transaction)
  return frame
}

const REQUESTS = [
  [1, Kind.PING, '', ''],
  [2 ** 32 - 1, Kind.QUERY, 'cm3transaction', 'é😀\u2028'],
  [3, Kind.COMMIT, 'cm3transaction', ''],
  [4, Kind.QUERY, '', 'x'.repeat(1000)],
]
const EXPECTED = REQUESTS.map(([number, kind, transaction, body]) => ({ number, kind, transaction: transaction || undefined, body }))

test('requests come out as they went in, however the bytes are cut', () => {
  const stream = Buffer.concat(REQUESTS.map(request => encodeRequest(...request)))
  for (let size = 1; size <= stream.length; size++) {
    const parser = new RequestParser()
    const requests = []
    for (let at = 0; at < stream.length; at += size) requests.push(...parser.feed(stream.subarray(at, at + size)))
    assert.deepEqual(requests, EXPECTED)
  }
})

test('a long request that arrives in many pieces is not copied again and again', () => {
  const frame = encodeRequest(1, Kind.QUERY, '', 'x'.repeat(30_000_000))
  const parser = new RequestParser()
  const started = performance.now()
  let requests = []
  for (let at = 0; at < frame.length; at += 4096) requests = parser.feed(frame.subarray(at, at + 4096))
  assert.equal(requests[0].body.length, 30_000_000)
  assert.ok(performance.now() - started < 2000)
})

test('an answer is laid out as documented', () => {
  assert.deepEqual(
    encodeAnswer(0x01020304, Verdict.REFUSED, 'é'),
    Buffer.from([0, 0, 0, 7, 1, 2, 3, 4, 1, 0xc3, 0xa9]),
  )
})
