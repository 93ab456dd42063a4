// A chat front end as the `graphql-sse` package makes one: all three kinds of operation over event streams.
//
//   node sse.mjs URL PROMPT
import { createClient } from 'graphql-sse'
import { setTimeout as sleep } from 'node:timers/promises'
import { FOLLOW, MODELS, POST, RETRY_PAUSE_MS, say } from './chat.mjs'

const [url, prompt] = process.argv.slice(2)
const client = createClient({ url, retryAttempts: Infinity, retry: () => sleep(RETRY_PAUSE_MS) })

async function once(query, variables) {
  let last
  for await (const result of client.iterate({ query, variables })) last = result
  if (last.errors) throw new Error(JSON.stringify(last.errors))
  return last.data
}

say(await once(MODELS))
const { postMessage } = await once(POST, { input: { content: prompt } })
let seq = 0
const variables = {
  id: postMessage.reply.id,
  // The package writes the variables out anew for each attempt: a plain value would be the first one for ever.
  get after() {
    say({ after: seq })
    return seq
  },
}
for await (const { data, errors } of client.iterate({ query: FOLLOW, variables })) {
  if (errors) throw new Error(JSON.stringify(errors))
  seq = data.completion.seq
  say(data.completion)
}
client.dispose()
