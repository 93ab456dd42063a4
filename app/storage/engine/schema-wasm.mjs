// Prisma's schema engine as the npm package @prisma/schema-engine-wasm has it: WebAssembly and its glue.
import fs from 'node:fs'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'

let panicMessage

/** Loads it, once in a process. */
export function load() {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: message => (panicMessage = message) }
  const file = new URL('schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm'))
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
}

/**
 * @param {[string, string][] | undefined} datamodels path and text of each Prisma schema
 * @param {import('./migration-adapter.mjs').MigrationPg} factory what reaches the database
 */
export const schemaEngine = (datamodels, factory) =>
  glue.SchemaEngine.new({ datamodels }, () => {}, bindMigrationAwareSqlAdapterFactory(factory))

/** What the engine said when it panicked; after that it is not to be used again. */
export const panic = () => panicMessage
