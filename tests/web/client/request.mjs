// One request by web/src/client, and what came of it as JSON.
//
//   node request.mjs '{"url": URL, "key": …, "query": …, "variables": {…}, "abort": true}'
import '../../node/typescript.mjs'

const { request } = await import('../../../web/src/client/index.ts')
const { query, variables, abort, ...place } = JSON.parse(process.argv[2])
const signal = abort ? AbortSignal.abort() : undefined
const told = await request(place, query, variables, signal).then(
  data => ({ data }),
  ({ name, code, field, message, retryable }) => ({ name, code, field, message, retryable }),
)
console.log(JSON.stringify(told))
