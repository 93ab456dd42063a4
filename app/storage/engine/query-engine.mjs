#!/usr/bin/env node
// The query engine: the WebAssembly build of Prisma's own, for one process, on the socket that it was given.
// See README.md; `app/storage/engine_process.py` starts it with the number of the socket's file descriptor.
import { VERSION } from './postgres.mjs'

const [argument] = process.argv.slice(2)
if (argument === '--version') {
  console.log(`query-engine ${VERSION}`) // Prisma's CLI asks for it
} else if (/^\d+$/.test(argument ?? '')) {
  const [{ serve }, { QueryService }] = await Promise.all([import('./query-server.mjs'), import('./query-service.mjs')])
  serve(Number(argument), new QueryService())
} else {
  console.error('This program is started by app.storage.client.Database, and by nobody else.')
  process.exitCode = 2
}
