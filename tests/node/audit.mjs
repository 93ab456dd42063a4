// The official audit of GraphQL over HTTP, by the package of its reference implementation: what each of its checks came
// to, as JSON on standard output.
//
//   node audit.mjs URL
import { auditServer } from 'graphql-http'

const results = await auditServer({ url: process.argv[2] })
console.log(JSON.stringify(results.map(({ id, name, status, reason = null }) => ({ id, name, status, reason }))))
