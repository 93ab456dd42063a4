// The parts of the schema engine that need no database. Run by test_engine_parts.py.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, test } from 'node:test'

const { connection, shadowUrlIn, urlIn } = await import(`${process.env.ENGINE}/postgres.mjs`)
const { asDatasource, databasesOf } = await import(`${process.env.ENGINE}/schema-requests.mjs`)
const { connectionFailure, migrationFailure } = await import(`${process.env.ENGINE}/schema-errors.mjs`)
const { TlsPreferringClient } = await import(`${process.env.ENGINE}/tls-preferring-client.mjs`)

const schema = (...lines) => ['datasource db {', '  provider = "postgresql"', ...lines, '}'].join('\n')
const SET = ['DATABASE_URL', 'SHADOW_DATABASE_URL', 'OTHER_URL']
afterEach(() => SET.forEach(name => delete process.env[name]))

test('the url of the datasource block counts, literal or from the environment', () => {
  process.env.DATABASE_URL = 'by-default'
  process.env.OTHER_URL = 'other'
  assert.equal(urlIn(schema('  url = "literal"')), 'literal')
  assert.equal(urlIn(schema('  url      = env("OTHER_URL")')), 'other')
  assert.equal(urlIn('model A {\n  url = "no datasource"\n}'), 'by-default')
  assert.equal(urlIn(schema('  // url = "a comment"', '  url = env( "OTHER_URL" ) // why')), 'other')
  assert.equal(urlIn(schema('  shadowDatabaseUrl = "shadow"', '  url = "literal"')), 'literal')
  assert.equal(urlIn('model A {\n  id Int @id\n}', schema('  url = "in the second file"')), 'in the second file')
})

test('a shadow database is named by the schema or by SHADOW_DATABASE_URL, else by nobody', () => {
  assert.equal(shadowUrlIn(schema('  url = "literal"')), undefined)
  process.env.SHADOW_DATABASE_URL = 'shadow'
  assert.equal(shadowUrlIn(schema('  url = "literal"')), 'shadow')
  assert.equal(shadowUrlIn(schema('  url = "literal"', '  shadowDatabaseUrl = "its own"')), 'its own')
})

test('a socket is named by an encoded host, and has no TLS', () => {
  const { config } = connection('postgresql://postgres@%2Fa%20b%2Fc/parley')
  assert.deepEqual([config.host, config.database, config.user, config.ssl], ['/a b/c', 'parley', 'postgres', false])
})

test('the arguments of the URL mean what they mean for Prisma', () => {
  const at = query => connection(`postgresql://u:p%40ss@h:5433/d?${query}`)
  assert.equal(at('connection_limit=3&pool_timeout=2').config.max, 3)
  assert.equal(at('connection_limit=3&pool_timeout=2').config.connectionTimeoutMillis, 2000)
  assert.equal(at('').config.password, 'p@ss')
  assert.equal(at('schema=a%20"b').options.schema, 'a "b')
  assert.equal(at('schema=a%20"b').config.options, '-c TimeZone=UTC -c search_path="a\\ ""b"')
  assert.equal(at('options=-c%20geqo%3Doff').config.options, '-c TimeZone=UTC -c geqo=off')
})

test('TLS is preferred unless the URL says otherwise', () => {
  const tls = query => {
    const { ssl, tlsPreferred = false } = connection(`postgresql://h/d${query}`).config
    return [tlsPreferred, ssl && ssl.rejectUnauthorized !== false ? 'verified' : Boolean(ssl)]
  }
  assert.deepEqual(tls(''), [true, true])
  assert.deepEqual(tls('?sslmode=prefer'), [true, true])
  assert.deepEqual(tls('?sslmode=disable'), [false, false])
  assert.deepEqual(tls('?sslmode=require'), [false, true])
  assert.deepEqual(tls('?sslmode=require&sslaccept=strict'), [false, 'verified'])
  assert.deepEqual(tls('?sslmode=verify-full'), [false, 'verified'])
})

test('a diff of two live databases has two', () => {
  process.env.DATABASE_URL = 'main'
  const files = [{ path: 'schema.prisma', content: schema('  url = "of the schema"') }]
  const live = url => ({ tag: 'url', url })
  const datasource = { tag: 'schemaDatasource', files }
  const datamodel = { tag: 'schemaDatamodel', files }
  const of = (from, to, more) => databasesOf({ from, to, ...more }, {})
  assert.deepEqual(of(live('a'), live('b')), { url: 'b', fromUrl: 'a', shadowUrl: undefined })
  assert.deepEqual(of(live('a'), live('a')), { url: 'a', fromUrl: undefined, shadowUrl: undefined })
  assert.deepEqual(of(live('a'), datamodel), { url: 'a', fromUrl: undefined, shadowUrl: undefined })
  assert.deepEqual(of(datasource, live('b')), { url: 'b', fromUrl: 'of the schema', shadowUrl: undefined })
  assert.deepEqual(of({ tag: 'migrations' }, datamodel, { shadowDatabaseUrl: 's' }), { url: 'main', fromUrl: undefined, shadowUrl: 's' })
})

test('the database of a request is that of its target, else that of the start', () => {
  process.env.DATABASE_URL = 'main'
  const started = { datamodels: [['schema.prisma', schema('  url = env("DATABASE_URL")')]] }
  assert.equal(databasesOf({}, started).url, 'main')
  assert.equal(databasesOf({}, { ...started, datasource: '{"url":"of the config"}' }).url, 'of the config')
  assert.equal(databasesOf({ datasourceType: { tag: 'url', url: 'typed' } }, started).url, 'typed')
})

test('a target that is only a URL becomes a schema, whatever the URL has in it', () => {
  const { tag, files } = asDatasource({ tag: 'url', url: 'postgresql://h/d?options="\\x"' }, '/')
  assert.equal(tag, 'schemaDatasource')
  assert.match(files[0].content, /url = "postgresql:\/\/h\/d\?options=\\"\\\\x\\""/)
})

test('what keeps from connecting has Prisma’s codes', () => {
  const code = (error, config = {}) => connectionFailure(error, config).error_code
  const because = kind => Object.assign(new Error('x'), { cause: { kind } })
  assert.equal(code(because('AuthenticationFailed')), 'P1000')
  assert.equal(code(because('DatabaseNotReachable')), 'P1001')
  assert.equal(code(Object.assign(new Error('x'), { syscall: 'connect' })), 'P1001')
  assert.equal(code(new Error('timeout expired')), 'P1001')
  assert.equal(code(because('DatabaseDoesNotExist')), 'P1003')
  assert.equal(code(because('DatabaseAlreadyExists')), 'P1009')
  assert.equal(code(because('DatabaseAccessDenied')), 'P1010')
  assert.equal(code(because('TlsConnectionError')), 'P1011')
  assert.deepEqual(connectionFailure(new Error('something else'), {}), { error_code: '', message: 'something else' })
})

test('a migration that failed is named with what PostgreSQL said', () => {
  const error = new Error('… migration_name="1_x" …')
  const said = { code: '42P01', severity: 'ERROR', message: 'relation "a" does not exist', position: '7' }
  const applied = migrationFailure('applyMigrations', error, said)
  assert.equal(applied.error_code, 'P3018')
  assert.match(applied.message, /Migration name: 1_x\n\nDatabase error code: 42P01\n\nDatabase error:\nseverity: ERROR\nmessage: relation "a"/)
  assert.equal(migrationFailure('devDiagnostic', error, said).error_code, 'P3006')
  assert.equal(migrationFailure('applyMigrations', new Error('no migration'), said), undefined)
  assert.equal(migrationFailure('applyMigrations', Object.assign(error, { code: 'P1001' }), said), undefined)
})

/** A server that answers the question of TLS with `answer`; resolves to what comes next on the same connection. */
async function afterTlsAnswer(answer, settings) {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new TlsPreferringClient({ ...settings, host: '127.0.0.1', port: server.address().port, user: 'u', database: 'd' })
  const connected = client.connect()
  connected.catch(() => {})
  const [socket] = await once(server, 'connection')
  const [request] = await once(socket, 'data')
  if (answer === undefined) {
    socket.destroy()
    server.close()
    return request
  }
  assert.equal(request.readInt32BE(4), 80877103, 'SSLRequest')
  const next = Promise.race([once(socket, 'data').then(([chunk]) => chunk), once(socket, 'close').then(() => null)])
  socket.write(answer)
  const chunk = await next
  socket.destroy()
  server.close()
  await connected.catch(() => {})
  return chunk
}

const preferred = { ssl: { rejectUnauthorized: false }, tlsPreferred: true }
const PROTOCOL_3 = 196608
const TLS_HANDSHAKE = 0x16

test('a server without TLS is talked to without', async () => {
  assert.equal((await afterTlsAnswer('N', preferred)).readInt32BE(4), PROTOCOL_3)
})

test('a server with TLS is talked to with', async () => {
  assert.equal((await afterTlsAnswer('S', preferred))[0], TLS_HANDSHAKE)
})

test('where TLS is required a server without is left', async () => {
  assert.equal(await afterTlsAnswer('N', { ssl: preferred.ssl }), null)
})

test('without TLS nothing is asked', async () => {
  assert.equal((await afterTlsAnswer(undefined, { ssl: false })).readInt32BE(4), PROTOCOL_3)
})
