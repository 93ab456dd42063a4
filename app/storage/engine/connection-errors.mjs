// Has the adapter tell the errors of the connection from those of a statement.
import { DriverAdapterError } from '@prisma/driver-adapter-utils'

/**
 * What is wrong with the connection, in the words that the engine has error codes for.
 * @param {{ code?: string, message?: string }} error as node-postgres throws it
 * @param {{ host?: string, port?: string | number, max?: number, connectionTimeoutMillis?: number }} config
 * @returns {object | undefined} undefined: it is the statement that is wrong
 */
export function connectionError({ code = '', message = '' }, { host, port, max, connectionTimeoutMillis }) {
  if (message === 'timeout exceeded when trying to connect')
    return { kind: 'TooManyConnections', cause: `all ${max} connections of the pool busy for ${connectionTimeoutMillis} ms` }
  // 57P01: an administrator ended the session, and PostgreSQL what it was at: nothing of it is done.
  if (/^(connect|getaddrinfo) E|connection timeout/.test(message) || code === '57P03' || code === '57P01')
    return { kind: 'DatabaseNotReachable', host: host || 'localhost', port: Number(port || 5432) }
  if (/^Connection terminated|connection error|not queryable|^(write|read) E/.test(message) || code === '57P02')
    return { kind: 'ConnectionClosed' }
}

/**
 * @param {object} adapter made by PrismaPg; it and its transactions share a prototype
 * @param {object} config of the pool
 * @param {((sql: string) => void) | false} logQuery
 */
export function reportConnectionErrors(adapter, config, logQuery) {
  const queryable = Object.getPrototypeOf(Object.getPrototypeOf(adapter))
  const { onError, performIO } = queryable
  queryable.onError = error => {
    const known = connectionError(error, config)
    if (known) throw new DriverAdapterError(known)
    onError(error)
  }
  if (!logQuery) return
  queryable.performIO = function (query) {
    logQuery(query.sql)
    return performIO.call(this, query)
  }
}
