// Has the adapter tell the errors of a connection from those of a statement, and get over those that did no harm.
import { DriverAdapterError } from '@prisma/driver-adapter-utils'

// An administrator, a failover or a proxy ended the session, and PostgreSQL what it was at: nothing of that is done.
const ADMIN_SHUTDOWN = '57P01'
const CRASH_SHUTDOWN = '57P02'
const CANNOT_CONNECT_NOW = '57P03'

/**
 * What is wrong with the connection, in the words that the engine has error codes for.
 * @param {{ code?: string, message?: string }} error as node-postgres throws it
 * @param {{ host?: string, port?: string | number, max?: number, connectionTimeoutMillis?: number }} config
 * @returns {object | undefined} undefined: it is the statement that is wrong
 */
export function connectionError({ code = '', message = '' }, { host, port, max, connectionTimeoutMillis }) {
  if (message === 'timeout exceeded when trying to connect')
    return { kind: 'TooManyConnections', cause: `all ${max} connections of the pool busy for ${connectionTimeoutMillis} ms` }
  if (/^(connect|getaddrinfo) E|connection timeout/.test(message) || code === CANNOT_CONNECT_NOW || code === ADMIN_SHUTDOWN)
    return { kind: 'DatabaseNotReachable', host: host || 'localhost', port: Number(port || 5432) }
  if (/^Connection terminated|connection error|not queryable|^(write|read) E/.test(message) || code === CRASH_SHUTDOWN)
    return { kind: 'ConnectionClosed' }
}

/**
 * Whether nothing of the statement can have been done: the session was ended in order, or the statement never left.
 * @param {{ code?: string, message?: string }} error
 */
export function nothingDone({ code, message = '' }) {
  return code === ADMIN_SHUTDOWN || /not queryable|^write E/.test(message)
}

/**
 * @param {object} adapter made by PrismaPg
 * @param {object} config of its pool
 * @param {((sql: string) => void) | false} logQuery
 */
export function handleConnectionErrors(adapter, config, logQuery) {
  const queryable = Object.getPrototypeOf(Object.getPrototypeOf(adapter)) // of the adapter and of its transactions
  const { onError, performIO } = queryable
  queryable.onError = error => {
    const known = connectionError(error, config)
    if (!known) return onError(error)
    throw Object.assign(new DriverAdapterError(known), { nothingDone: nothingDone(error) })
  }
  if (logQuery)
    queryable.performIO = function (query) {
      logQuery(query.sql)
      return performIO.call(this, query)
    }
  // Each connection of the pool may be one that the database has ended.
  adapter.performIO = onAnotherConnection(adapter.performIO, config.max)
  adapter.startTransaction = onAnotherConnection(adapter.startTransaction, config.max)
}

const onAnotherConnection = (method, times) =>
  async function (argument) {
    for (let left = times; ; left--) {
      try {
        return await method.call(this, argument)
      } catch (error) {
        if (!error.nothingDone || !left) throw error
      }
    }
  }
