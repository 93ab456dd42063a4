// Prisma's query engine as the npm package `prisma` has it: WebAssembly and its glue.
import fs from 'node:fs'

const part = extension => new URL(`build/query_engine_bg.postgresql.${extension}`, import.meta.resolve('prisma/package.json'))
const glue = await import(part('mjs'))

/**
 * @param {string} datamodel the Prisma schema, as text
 * @param {object} adapter what reaches the database, bound by `bindAdapter`
 */
export function startEngine(datamodel, adapter) {
  const module = new WebAssembly.Module(fs.readFileSync(part('wasm')))
  const { exports } = new WebAssembly.Instance(module, { './query_engine_bg.js': glue })
  glue.__wbg_set_wasm(exports)
  exports.__wbindgen_start()
  const settings = { datamodel, engineProtocol: 'json', logLevel: 'error', logQueries: false, enableTracing: false }
  return new glue.QueryEngine(settings, console.error, adapter)
}
