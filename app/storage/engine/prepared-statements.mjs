// Has PostgreSQL keep the plans of the statements that come again and again.
import { TlsPreferringClient } from './tls-preferring-client.mjs'

const MOST_STATEMENTS = 100 // each costs memory in every connection
const FEATURE_NOT_SUPPORTED = '0A000'

const SEEN = '' // once: most statements made up on the spot never come again
/** @type {Map<string, string | undefined>} by SQL: the name to prepare it under; SEEN; undefined: never prepare it */
const names = new Map()
let named = 0

/** @param {string} sql */
function nameOf(sql) {
  const name = names.get(sql)
  if (name) return name
  if (name === SEEN) names.set(sql, `s${++named}`)
  else if (!names.has(sql) && names.size < MOST_STATEMENTS) names.set(sql, SEEN)
  return names.get(sql) || undefined
}

/** A migration has changed a table under a statement whose plan was kept; nothing was executed. */
const isStale = error => error?.code === FEATURE_NOT_SUPPORTED && /cached plan/.test(error.message)

/** A connection for a pool, which has plans of its own; it prepares what Prisma makes, known by its row mode. */
export class PreparingClient extends TlsPreferringClient {
  query(config, values, callback) {
    const name = config?.rowMode === 'array' && values?.length ? nameOf(config.text) : undefined
    if (!name) return super.query(config, values, callback)
    if (!callback) return promised(done => this.#query(config, name, values, done, false))
    this.#query(config, name, values, callback, true)
  }

  /** Within a transaction, which pools know nothing of, the error has ended that: there is nothing to repeat. */
  #query(config, name, values, callback, repeatable) {
    super.query({ ...config, name }, values, (error, result) => {
      if (isStale(error)) {
        names.set(config.text, undefined)
        if (repeatable) return super.query(config, values, callback)
      }
      callback(error, result)
    })
  }
}

const promised = start =>
  new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))))
