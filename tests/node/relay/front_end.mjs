// A chat front end as Relay makes one: its operations compiled beforehand against the schema, queries and mutations
// over HTTP, subscriptions by `graphql-ws`.
//
//   node relay/front_end.mjs URL PROMPT ARTIFACTS   where ARTIFACTS is the folder that relay-compiler has filled
import { createClient } from 'graphql-ws'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import relay from 'relay-runtime'
import WebSocket from 'ws'
import { follow, observed, say } from '../chat.mjs'

const [url, prompt, artifacts] = process.argv.slice(2)
const require = createRequire(import.meta.url)
const compiled = name => require(join(resolve(artifacts), `${name}.graphql.js`))
const sockets = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })

async function overHttp({ text: query }, variables) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  return answer.json()
}

function overSockets({ name, text }, variables) {
  return relay.Observable.create(sink => sockets.subscribe({ operationName: name, query: text, variables }, sink))
}

const environment = new relay.Environment({
  network: relay.Network.create(overHttp, overSockets),
  store: new relay.Store(new relay.RecordSource()),
})

say(await relay.fetchQuery(environment, compiled('frontEndModelsQuery'), {}).toPromise())
const id = await new Promise((onDone, onError) =>
  relay.commitMutation(environment, {
    mutation: compiled('frontEndPostMutation'),
    variables: { input: { content: prompt } },
    onCompleted: ({ postMessage }, errors) => (errors ? onError(errors) : onDone(postMessage.reply.id)),
    onError,
  }),
)
await follow(id, async function* (variables) {
  const events = observed(
    ({ next, error, complete }) =>
      relay.requestSubscription(environment, {
        subscription: compiled('frontEndFollowSubscription'),
        variables,
        onNext: next,
        onError: error,
        onCompleted: complete,
      }).dispose,
  )
  for await (const { completion } of events) yield completion
})
await sockets.dispose()
