// For Prisma's CLI: the end of the schema engine is the end of the command.
import { subscribe } from 'node:diagnostics_channel'
import process from 'node:process'

/**
 * The CLI notices that the schema engine is gone only while it waits for an answer. Where the engine was killed between
 * two requests, the next one is never answered, and Node, with nothing left to do, ends the CLI with 0: success.
 */
export function failWithSchemaEngine() {
  subscribe('child_process', ({ process: child }) => {
    child.once('exit', (code, signal) => {
      const [program, mode] = child.spawnargs
      const serves = program === process.env.PRISMA_SCHEMA_ENGINE_BINARY && mode !== 'cli'
      if (!serves || code === 0) return
      console.error(`Error: the schema engine ended (${signal ?? `exit code ${code}`}) before the command was done`)
      process.exitCode = 1
    })
  })
}
