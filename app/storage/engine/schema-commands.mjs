// The schema engine's own command line, by which Prisma's CLI asks for what needs no schema:
//   schema-engine cli --datasource URL can-connect-to-database | create-database | drop-database
import { MigrationPg } from './migration-adapter.mjs'
import { connection } from './postgres.mjs'
import { connectionFailure } from './schema-errors.mjs'

/** PostgreSQL's answers to the later of two who make the same database at once: it is there, as both wanted. */
const MADE_MEANWHILE = ['DatabaseAlreadyExists', 'UniqueConstraintViolation']

/**
 * Reports as the native engine does: JSON lines on standard error.
 * @param {string} name
 * @param {string} url
 * @returns {Promise<number>} the exit code
 */
export async function command(name, url) {
  log('INFO', { message: 'Starting schema engine CLI' })
  let config = {}
  let factory
  try {
    config = connection(url).config
    const database = `"${config.database?.replaceAll('"', '""')}"`
    const [on, script] = {
      'can-connect-to-database': [config.database, 'SELECT 1'],
      'create-database': ['postgres', `CREATE DATABASE ${database}`],
      'drop-database': ['postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`],
    }[name]
    factory = new MigrationPg(url, { database: on })
    await (await factory.connect()).executeScript(script)
    if (name === 'drop-database') log('INFO', { message: 'The database was successfully dropped.' })
    return 0
  } catch (error) {
    if (name === 'create-database' && MADE_MEANWHILE.includes(error.cause?.kind)) return 0
    log('ERROR', { is_panic: false, ...connectionFailure(error, config) })
    return 1
  } finally {
    await factory?.dispose().catch(() => {})
  }
}

const log = (level, fields) =>
  console.error(JSON.stringify({ timestamp: new Date(), level, fields, target: 'schema_engine::logger' }))
