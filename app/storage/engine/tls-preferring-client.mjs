// sslmode=prefer, the default of libpq and of Prisma, which node-postgres does not know: it takes a server's "no TLS here"
// for an error.
import pg from 'pg'

const NO_TLS = 'N' // https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL

/** For a pool whose settings say `tlsPreferred` beside `ssl`; other settings mean what they always do. */
export class TlsPreferringClient extends pg.Client {
  constructor(config) {
    super(config)
    if (config?.tlsPreferred) goOnWithoutTls(this.connection)
  }
}

/** @param {pg.Connection} connection that will ask for TLS */
function goOnWithoutTls(connection) {
  const connect = connection.connect
  connection.connect = (port, host) => {
    connect.call(connection, port, host)
    const { stream } = connection
    const [upgrade] = stream.listeners('data')
    stream.removeAllListeners('data')
    stream.once('data', answer => {
      if (answer.toString() !== NO_TLS) return upgrade(answer)
      connection.ssl = false
      connection.attachListeners(stream)
      connection.emit('sslconnect') // the question of TLS is settled: now the startup message
    })
  }
}
