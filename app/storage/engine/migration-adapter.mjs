// @prisma/adapter-pg as the schema engine needs it. The stock adapter of 6.19.3
//  - cannot read the catalog types "char" and name,
//  - cuts a script at every semicolon, so also inside a function body,
//  - given a connectionString takes the main database for the shadow database, and never drops the latter,
//  - spreads a session (advisory lock, SET, BEGIN) over a pool.
import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import { connection } from './postgres.mjs'
import { TlsPreferringClient } from './tls-preferring-client.mjs'

const CHAR = 18, NAME = 19, TEXT = 25 // pg_type.oid
const charColumns = Symbol('charColumns')

export class MigrationPg extends PrismaPg {
  #url
  #shadowUrl
  #opened = []
  /** What PostgreSQL said of the last script that failed: the engine keeps too little of it. */
  lastScriptError
  /** The last statement's error, as the adapter puts it: of what keeps it from connecting the engine keeps no code. */
  lastError

  /**
   * @param {string} url
   * @param {{ shadowUrl?: string, database?: string }} [alternatives] `database`: another one on the same server
   */
  constructor(url, { shadowUrl, database } = {}) {
    const { config, options } = connection(url)
    if (database) config.database = database
    super({ ...config, max: 1, idleTimeoutMillis: 0, Client: TlsPreferringClient }, options)
    this.#url = url
    this.#shadowUrl = shadowUrl
  }

  async connect() {
    const adapter = await super.connect()
    const { performIO } = adapter
    adapter.performIO = async query => {
      try {
        return await performIO.call(adapter, query)
      } catch (error) {
        throw (this.lastError = error)
      }
    }
    readCatalogTypes(adapter)
    adapter.executeScript = async script => {
      try {
        await adapter.client.query(script)
      } catch (error) {
        this.lastScriptError = error
        adapter.onError(error)
      }
    }
    return this.#own(adapter, adapter.dispose.bind(adapter))
  }

  /** A database to try migrations in: a fresh one that is dropped afterwards, or the emptied one that the user named. */
  connectToShadowDb() {
    return this.#shadowUrl ? this.#emptyShadow(this.#shadowUrl) : this.#freshShadow()
  }

  async #freshShadow() {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
    const admin = await this.connect()
    await admin.executeScript(`CREATE DATABASE "${database}"`)
    const shadow = await new MigrationPg(this.#url, { database }).connect()
    const dispose = shadow.dispose
    return this.#own(shadow, async () => {
      await dispose()
      await admin.executeScript(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
      await admin.dispose()
    })
  }

  async #emptyShadow(url) {
    if (sameDatabase(url, this.#url)) throw (this.lastError = new ShadowDatabaseError())
    const shadow = await new MigrationPg(url).connect()
    await shadow.executeScript(EMPTY_DATABASE)
    return this.#own(shadow, shadow.dispose)
  }

  /** Hands out an adapter that is disposed of once, by the engine or, where it forgets, by `dispose`. */
  #own(adapter, dispose) {
    this.#opened.unshift(adapter)
    adapter.dispose = async () => {
      if (!this.#opened.includes(adapter)) return
      this.#opened = this.#opened.filter(other => other !== adapter)
      await dispose()
    }
    return adapter
  }

  /** Closes what the engine left open. */
  async dispose() {
    for (const adapter of this.#opened) await adapter.dispose()
  }
}

class ShadowDatabaseError extends Error {
  code = 'P3014'
  message = 'The shadow database is the main database, which would be emptied: give it another SHADOW_DATABASE_URL, or none.'
}

const EMPTY_DATABASE = `
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
END $$;
CREATE SCHEMA public;`

function sameDatabase(one, other) {
  const place = url => {
    const { host, port, database } = connection(url).config
    return [host || 'localhost', port || '5432', database].join('\0')
  }
  return place(one) === place(other)
}

/** "char" and name are read as text; of "char" the engine wants to hear that it was a character. */
function readCatalogTypes(adapter) {
  const { performIO, queryRaw } = adapter
  adapter.performIO = async query => {
    const result = await performIO.call(adapter, query)
    query[charColumns] = []
    result.fields?.forEach((field, i) => {
      if (field.dataTypeID === CHAR) query[charColumns].push(i)
      if (field.dataTypeID === CHAR || field.dataTypeID === NAME) field.dataTypeID = TEXT
    })
    return result
  }
  adapter.queryRaw = async query => {
    const result = await queryRaw.call(adapter, query)
    for (const i of query[charColumns]) result.columnTypes[i] = ColumnTypeEnum.Character
    return result
  }
}
