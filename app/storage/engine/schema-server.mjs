// The rim of the schema engine: JSON-RPC 2.0 with Prisma's CLI, a message a line, over standard input and output.
import process from 'node:process'
import readline from 'node:readline'
import { MigrationPg } from './migration-adapter.mjs'
import { connectionFailure, migrationFailure } from './schema-errors.mjs'
import { asDatasource, asMigrations, databasesOf } from './schema-requests.mjs'
import { load, panic, schemaEngine } from './schema-wasm.mjs'

const ENGINE_ERROR = 4466 // json_rpc::ErrorCode::ServerError of Prisma's engines
const EXIT_AFTER_PANIC = 101 // Rust's, which the CLI knows

/**
 * Serves until standard input ends.
 * @param {{ datamodels?: [string, string][], datasource?: string }} started
 */
export async function serve(started) {
  load()
  /** @type {number | undefined} the request that is being answered: one at a time */
  let current
  // The CLI takes an engine that is gone for one that has nothing to say: whatever happens, it hears of it.
  const crash = error => {
    if (current !== undefined) send({ id: current, error: rpcError({ message: error?.stack ?? String(error) }) })
    console.error(JSON.stringify({ level: 'ERROR', fields: { message: error?.stack ?? String(error) } }))
    process.exit(EXIT_AFTER_PANIC)
  }
  process.on('uncaughtException', crash).on('unhandledRejection', crash)

  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line)
    if (!method) continue // the CLI's receipt for our print
    current = id
    send({ id, ...(await answer(method, params ?? {}, started)) })
    current = undefined
    if (process.exitCode) process.exit()
  }
}

const send = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n')

const hasPanicked = error => error instanceof WebAssembly.RuntimeError

const isPrismaCode = code => /^P\d{4}$/.test(code)

/**
 * Never `is_panic`: of a panic the CLI makes a report to Prisma, who did not build this program.
 * @param {{ message: string, code?: string, error_code?: string, meta?: object }} error with Prisma's code, or another's
 */
const rpcError = ({ message, code, error_code = isPrismaCode(code) ? code : undefined, meta }) => ({
  code: ENGINE_ERROR,
  message,
  data: { is_panic: false, message, error_code, meta },
})

/** @returns {Promise<{ result: object | null } | { error: object }>} */
async function answer(method, params, started) {
  const { url, fromUrl, shadowUrl } = databasesOf(params, started)
  let factory
  try {
    factory = new MigrationPg(url, { shadowUrl })
    const engine = await schemaEngine(started.datamodels, factory)
    if (method === 'diff') params = await diffParams(params, fromUrl)
    // These two never ask for a shadow database, but take what devDiagnostic has just read from one.
    if (method === 'evaluateDataLoss' || method === 'createMigration') await engine.devDiagnostic(params)
    const result = await engine[method === 'getDatabaseVersion' ? 'version' : method](params)
    if (result?.stdout) send({ id: 0, method: 'print', params: { content: result.stdout } })
    return { result: result ?? null }
  } catch (error) {
    if (hasPanicked(error)) process.exitCode = EXIT_AFTER_PANIC
    return { error: rpcError(explain(method, error, factory)) }
  } finally {
    await factory?.dispose().catch(() => {})
  }
}

/** The engine's error, with the code and the words of the native engine where this one has lost them. */
function explain(method, error, factory) {
  if (hasPanicked(error)) return { message: `The schema engine panicked: ${panic() ?? error.message}` }
  if (error.code || !factory) return error
  const { lastScriptError, lastError = error, config } = factory
  if (isPrismaCode(lastError.code)) return lastError
  const unconnected = connectionFailure(lastError, config)
  return migrationFailure(method, error, lastScriptError) ?? (unconnected.error_code ? unconnected : error)
}

/** An engine reaches one database. Of two to compare, the one is read first, and rebuilt as a shadow beside the other. */
async function diffParams(params, fromUrl) {
  const [from, to] = [params.from, params.to].map(target => asDatasource(target, process.cwd()))
  if (fromUrl === undefined) return { ...params, from, to }
  const factory = new MigrationPg(fromUrl)
  try {
    const engine = await schemaEngine(undefined, factory)
    const { stdout } = await engine.diff({ ...params, from: { tag: 'empty' }, to: from, script: true, exitCode: null })
    return { ...params, from: asMigrations(stdout), to }
  } finally {
    await factory.dispose().catch(() => {})
  }
}
