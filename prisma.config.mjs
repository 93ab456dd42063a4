// Read by Prisma's CLI before anything else: where its engines are, what the user put in .env, and which database.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { failWithSchemaEngine } from './app/storage/engine/engine-watch.mjs'
import { embeddedDatabase } from './app/storage/engine/embedded-database.mjs'

const file = name => fileURLToPath(new URL(name, import.meta.url))

const settings = ['DATABASE_URL', 'SHADOW_DATABASE_URL', 'PARLEY_DATA_DIR']
for (const name of settings) if (process.env[name] === '') delete process.env[name] // empty is not set, as for the server
if (existsSync(file('.env'))) process.loadEnvFile(file('.env')) // does not replace what is set
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= file('app/storage/engine/schema-engine.mjs')
process.env.PRISMA_QUERY_ENGINE_BINARY ??= file('app/storage/engine/query-engine.mjs')
process.env.PRISMA_CLIENT_ENGINE_TYPE ??= 'binary'
process.env.CHECKPOINT_DISABLE ??= '1' // no telemetry
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1' // newer ones cannot run the Python generator
failWithSchemaEngine()
process.env.DATABASE_URL ||= await embeddedDatabase(file('.'))

export default { schema: 'schema.prisma', migrations: { path: 'migrations' } }
