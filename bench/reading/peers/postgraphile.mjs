// `node postgraphile.mjs URL`: PostGraphile with its recommended preset, as its documentation has it for Node's HTTP.
import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  grafserv: { graphiql: false, watch: false },
  pgServices: [makePgService({ connectionString: process.argv[2], schemas: ['public'] })],
})
const server = createServer()
await pgl.createServ(grafserv).addTo(server)
server.listen(0, '127.0.0.1', () => process.stdout.write(`{"port": ${server.address().port}}\n`))
process.stdin.resume().on('end', () => process.exit()) // so it never outlives the benchmark
