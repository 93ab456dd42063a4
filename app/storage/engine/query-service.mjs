// What the query engine does for each kind of request.
import { PrismaPg } from '@prisma/adapter-pg'
import { bindAdapter } from '@prisma/driver-adapter-utils'
import { handleConnectionErrors } from './connection-errors.mjs'
import { readDatamodel } from './datamodel.mjs'
import { failure, transactionAnswer, transactionNotStarted } from './failures.mjs'
import { Kind } from './frames.mjs'
import { toJsonProtocol } from './graphql-request.mjs'
import { toGraphqlAnswer } from './json-answer.mjs'
import { connection } from './postgres.mjs'
import { TlsPreferringClient } from './tls-preferring-client.mjs'
import { startEngine } from './wasm-engine.mjs'

const IDLE_CONNECTION_MS = 300_000

export class QueryService {
  #engine
  #adapter
  #datamodel
  #requests = 0
  /** @type {Map<string, number>} of the transactions that are open, when each times out (ms since the epoch) */
  #transactions = new Map()

  /**
   * @param {import('./frames.mjs').Request} request
   * @returns {string | Promise<string>} JSON
   */
  answer({ kind, transaction, body }) {
    const id = String(++this.#requests)
    switch (kind) {
      case Kind.QUERY:
        return this.#query(JSON.parse(body), transaction, id)
      case Kind.BEGIN:
        return this.#begin(body, JSON.parse(body), id)
      case Kind.COMMIT:
        return this.#finish('commitTransaction', transaction, id)
      case Kind.ROLLBACK:
        return this.#finish('rollbackTransaction', transaction, id)
      case Kind.STATUS:
        return this.#status()
      case Kind.START:
        return this.#start(JSON.parse(body), id)
      case Kind.PING:
        return '{}'
      default:
        throw new RangeError(`There is no request of kind ${kind}`)
    }
  }

  /** @param {string | undefined} transaction */
  isOpen(transaction) {
    return this.#transactions.has(transaction)
  }

  hasOpenTransactions() {
    const now = Date.now()
    for (const [id, timesOutAt] of this.#transactions) if (timesOutAt < now) this.#transactions.delete(id)
    return this.#transactions.size > 0
  }

  async close() {
    await this.#adapter?.dispose()
  }

  async #start({ datamodel, url, logQueries }, id) {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new TypeError('the URL of the database has to begin with postgresql://')
    const { config, options } = connection(url)
    const settings = { keepAlive: true, idleTimeoutMillis: IDLE_CONNECTION_MS, Client: TlsPreferringClient, ...config }
    const adapter = await new PrismaPg(settings, options).connect()
    handleConnectionErrors(adapter, config, logQueries && (sql => console.log(sql)))
    this.#adapter = adapter
    this.#datamodel = readDatamodel(datamodel)
    this.#engine = startEngine(datamodel, bindAdapter(adapter))
    await this.#engine.connect('{}', id)
    return '{}'
  }

  async #status() {
    await this.#adapter.queryRaw({ sql: 'SELECT 1', args: [], argTypes: [] })
    return '{}'
  }

  async #query({ query, batch, transaction }, openTransaction, id) {
    const request = batch
      ? `{"batch":[${batch.map(({ query }) => toJsonProtocol(query, this.#datamodel))}]${transaction && !openTransaction ? ',"transaction":{}' : ''}}`
      : toJsonProtocol(query, this.#datamodel)
    return toGraphqlAnswer(await this.#engine.query(request, '{}', openTransaction, id))
  }

  /** The engine waits for a connection as long as the pool does; the caller may not want to wait that long. */
  async #begin(body, { max_wait, timeout }, id) {
    const begun = this.#engine.startTransaction(body, '{}', id).then(transactionAnswer, failure)
    let timer
    const late = new Promise(resolve => (timer = setTimeout(resolve, max_wait)))
    const answer = await Promise.race([begun, late])
    clearTimeout(timer)
    if (answer === undefined) {
      begun.then(answer => {
        const { id: transaction } = JSON.parse(answer)
        if (transaction) return this.#engine.rollbackTransaction(transaction, '{}', id)
      })
      return transactionNotStarted()
    }
    const { id: transaction } = JSON.parse(answer)
    if (transaction) this.#transactions.set(transaction, Date.now() + timeout)
    return answer
  }

  async #finish(method, transaction, id) {
    try {
      return transactionAnswer(await this.#engine[method](transaction, '{}', id))
    } finally {
      this.#transactions.delete(transaction)
    }
  }
}
