// A chat front end as the `graphql-ws` package makes one: posts a message, follows the reply to its end however often
// the connection is lost, and says on standard output, a JSON object a line, what happens to it.
//
//   node follow.mjs POST_URL PROMPT [FOLLOW_URL]
import { createClient } from 'graphql-ws'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'

const RETRY_PAUSE_MS = 100

const [postUrl, prompt, followUrl = postUrl] = process.argv.slice(2)
const say = event => process.stdout.write(`${JSON.stringify(event)}\n`)

const POST = 'mutation ($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }'
const FOLLOW = `subscription ($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    seq
    ... on CompletionDelta { content }
    ... on CompletionEnd { message { id status content } }
  }
}`

async function post(content) {
  const response = await fetch(postUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: POST, variables: { input: { content } } }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(JSON.stringify(errors))
  return data.postMessage.reply.id
}

const client = createClient({
  url: followUrl.replace(/^http/, 'ws'),
  webSocketImpl: WebSocket,
  retryAttempts: Infinity,
  retryWait: () => sleep(RETRY_PAUSE_MS),
  shouldRetry: () => true,
  on: { connected: () => say({ connected: true }) },
})

const id = await post(prompt)
let seq = 0
const variables = {
  id,
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
await client.dispose()
