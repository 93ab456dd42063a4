#!/usr/bin/env node
// The schema engine that Prisma's CLI starts (PRISMA_SCHEMA_ENGINE_BINARY), with the command line of the native one.
import fs from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { VERSION } from './postgres.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: 'string', multiple: true },
    datasource: { type: 'string' },
    version: { type: 'boolean' },
  },
})

process.on('SIGTERM', () => process.exit()) // how the CLI says that it is done
if (options.version) console.log(`schema-engine-cli ${VERSION}`)
else if (positionals[0] === 'cli') {
  const { command } = await import('./schema-commands.mjs')
  process.exit(await command(positionals[1], options.datasource))
} else {
  const { serve } = await import('./schema-server.mjs')
  await serve({ ...options, datamodels: options.datamodels?.map(file => [file, fs.readFileSync(file, 'utf8')]) })
  process.exit()
}
