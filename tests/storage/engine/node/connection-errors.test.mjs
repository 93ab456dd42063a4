import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionError, nothingDone } from '../../../../app/storage/engine/connection-errors.mjs'
import { errors, failure, transactionAnswer } from '../../../../app/storage/engine/failures.mjs'

const CONFIG = { host: 'db', port: '6000', max: 3, connectionTimeoutMillis: 500 }
const kindOf = error => connectionError(error, CONFIG)?.kind

test('errors of the connection are told from those of a statement', () => {
  for (const message of ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ENOENT /tmp/.s.PGSQL.5432', 'getaddrinfo ENOTFOUND db'])
    assert.deepEqual(connectionError({ message }, CONFIG), { kind: 'DatabaseNotReachable', host: 'db', port: 6000 })
  assert.equal(kindOf({ code: '57P03', message: 'the database system is starting up' }), 'DatabaseNotReachable')
  assert.equal(kindOf({ code: '57P01', message: 'terminating connection due to administrator command' }), 'DatabaseNotReachable')
  assert.equal(kindOf({ message: 'Connection terminated unexpectedly' }), 'ConnectionClosed')
  assert.equal(kindOf({ message: 'write EPIPE', code: 'EPIPE' }), 'ConnectionClosed')
  assert.equal(kindOf({ message: 'timeout exceeded when trying to connect' }), 'TooManyConnections')
  assert.equal(kindOf({ code: '23505', message: 'duplicate key value' }), undefined)
  assert.equal(kindOf({ code: '42601', message: 'syntax error at or near "connect"' }), undefined)
})

test('a statement is only repeated where nothing of it can have been done', () => {
  assert.ok(nothingDone({ code: '57P01', message: 'terminating connection due to administrator command' }))
  assert.ok(nothingDone({ message: 'Client has encountered a connection error and is not queryable' }))
  assert.ok(nothingDone({ message: 'write EPIPE', code: 'EPIPE' }))
  assert.ok(!nothingDone({ message: 'Connection terminated unexpectedly' }))
  assert.ok(!nothingDone({ message: 'read ECONNRESET', code: 'ECONNRESET' }))
  assert.ok(!nothingDone({ code: '57P02', message: 'terminating connection because of crash of another server process' }))
})

test('what is thrown becomes an error that the client reads', () => {
  const read = text => JSON.parse(text).errors[0].user_facing_error
  assert.deepEqual(read(failure(new Error('boom'))), { is_panic: false, message: 'boom' })
  assert.equal(read(failure(new WebAssembly.RuntimeError('unreachable'))).is_panic, true)
  assert.deepEqual(read(failure(new Error('{"error_code":"P2025","message":"gone","meta":null}'))), {
    is_panic: false,
    error_code: 'P2025',
    message: 'gone',
    meta: {},
  })
  const { error_code, message } = read(failure({ cause: { kind: 'DatabaseNotReachable', host: 'db', port: 1 }, message: 'x' }))
  assert.deepEqual([error_code, message], ['P1001', "Can't reach database server at db:1"])
  assert.equal(read(errors('text')).message, 'text')
})

test('answers about transactions carry their errors like those about queries', () => {
  assert.equal(transactionAnswer(''), '{}')
  assert.equal(transactionAnswer('{"id":"cm3"}'), '{"id":"cm3"}')
  const [{ error, user_facing_error }] = JSON.parse(
    transactionAnswer('{"error_code":"P2028","message":"Transaction API error: too late","meta":{"error":"too late"}}'),
  ).errors
  assert.equal(error, 'too late')
  assert.equal(user_facing_error.error_code, 'P2028')
})
