// What a request of Prisma's CLI to its schema engine is about. No I/O.
import { shadowUrlIn, urlIn } from './postgres.mjs'

/**
 * The databases of a request.
 * @param {object} params of the request
 * @param {{ datamodels?: [string, string][], datasource?: string }} started what the engine was started with
 * @returns {{ url: string, fromUrl?: string, shadowUrl?: string }} `fromUrl`: a diff's other live database
 */
export function databasesOf(params, { datamodels = [], datasource }) {
  const schemas = datamodels.map(([, text]) => text)
  const started = datasource ? JSON.parse(datasource) : {}
  const [from, to] = [params.from, params.to].map(liveUrl)
  return {
    url: to ?? from ?? liveUrl(params.datasourceType) ?? liveUrl(params.datasource) ?? started.url ?? urlIn(...schemas) ?? '',
    fromUrl: from !== to && to !== undefined ? from : undefined,
    shadowUrl: (params.shadowDatabaseUrl ?? started.shadowDatabaseUrl ?? shadowUrlIn(...schemas)) || undefined,
  }
}

/** The database that a target names, by its URL or by a schema; undefined of a target that is no database. */
function liveUrl(target) {
  if (!target || target.tag === 'schemaDatamodel') return
  return target.url ?? (target.files ? urlIn(...target.files.map(file => file.content)) : undefined)
}

/** The WebAssembly build has lost the diff target that is only a URL: the same as a schema. */
export function asDatasource(target, configDir) {
  if (target?.tag !== 'url') return target
  const content = `datasource db {\n  provider = "postgresql"\n  url = ${JSON.stringify(target.url)}\n}`
  return { tag: 'schemaDatasource', configDir, files: [{ path: 'schema.prisma', content }] }
}

/** A script as a diff target: a history of one migration. */
export function asMigrations(script) {
  const migrationFile = { path: 'migration.sql', content: { tag: 'ok', value: script } }
  return {
    tag: 'migrations',
    baseDir: '',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"' },
    migrationDirectories: [{ path: '0_live', migrationFile }],
    shadowDbInitScript: '',
  }
}
