// What both engines share: where the database is, and what node-postgres needs to know of it.
import { parse } from 'pg-connection-string'

export const VERSION = 'c2990dca591cba766e3b7ef5d9e8a84796e47ab7' // of the engines of Prisma 6.19.3

/** Of the datasource block: `name = "literal"` or `name = env("VARIABLE")`, on a line of its own. */
const property = name => new RegExp(`^\\s*datasource\\s+\\w+\\s*\\{[^}]*?^\\s*${name}\\s*=\\s*(?:env\\(\\s*"([^"]+)"\\s*\\)|"([^"]+)")`, 'ms')
const URL_PROPERTY = property('url')
const SHADOW_URL_PROPERTY = property('shadowDatabaseUrl')

/**
 * The url in the datasource block of Prisma schemas; DATABASE_URL where they have none.
 * @param {...string} schemas the text of each file
 */
export function urlIn(...schemas) {
  const [, variable = 'DATABASE_URL', literal] = URL_PROPERTY.exec(schemas.join('\n')) ?? []
  return literal ?? process.env[variable]
}

/** The same of the database that migrations are tried in; SHADOW_DATABASE_URL. Without one a fresh one is made each time. */
export function shadowUrlIn(...schemas) {
  const [, variable = 'SHADOW_DATABASE_URL', literal] = SHADOW_URL_PROPERTY.exec(schemas.join('\n')) ?? []
  return literal ?? process.env[variable]
}

/**
 * Prisma's connection URL as settings for node-postgres and for @prisma/adapter-pg.
 * @param {string} url https://www.prisma.io/docs/orm/overview/databases/postgresql#connection-details
 */
export function connection(url) {
  const parsed = parse(url, { useLibpqCompat: true })
  const { schema, connection_limit, pool_timeout, connect_timeout, options, sslmode, sslaccept, ...config } = parsed
  const startup = ['-c TimeZone=UTC'] // the adapter takes every timestamptz for UTC
  if (schema) startup.push(`-c search_path=${startupValue(`"${schema.replaceAll('"', '""')}"`)}`)
  if (options) startup.push(options)
  return {
    config: {
      ...config,
      ...tls(parsed),
      options: startup.join(' '),
      max: Number(connection_limit ?? 10),
      connectionTimeoutMillis: 1000 * Number(pool_timeout ?? connect_timeout ?? 10),
    },
    options: { schema },
  }
}

/** In the startup packet's `options` a backslash keeps white space and backslashes from ending a value. */
const startupValue = text => text.replace(/[\s\\]/g, '\\$&')

/** As libpq and Prisma have it: TLS where the server has it, unless the URL says otherwise, and never over a local socket. */
function tls({ host, ssl, sslmode, sslaccept }) {
  if (host?.startsWith('/')) return { ssl: false }
  const preferred = sslmode === 'prefer' || sslmode === 'allow' || (sslmode === undefined && ssl === undefined)
  if (preferred) return { ssl: { rejectUnauthorized: false, ...ssl }, tlsPreferred: true }
  if (sslaccept === 'strict' && ssl) return { ssl: { ...(ssl === true ? {} : ssl), rejectUnauthorized: true } }
  return {}
}
