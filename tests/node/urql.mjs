// A chat front end as urql makes one: queries and mutations over HTTP; subscriptions by `graphql-ws`, or by urql itself
// over event streams.
//
//   node urql.mjs URL PROMPT (ws|sse)
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { FOLLOW, MODELS, POST, follow, observed, say } from './chat.mjs'

const [url, prompt, by] = process.argv.slice(2)
const sockets = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
const overSockets = subscriptionExchange({
  forwardSubscription: ({ query, variables }) => ({
    subscribe: sink => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
  }),
})
const client = new Client({
  url,
  preferGetMethod: false,
  fetchSubscriptions: by === 'sse',
  exchanges: [cacheExchange, ...(by === 'ws' ? [overSockets] : []), fetchExchange],
})

function dataOf({ data, error }) {
  if (error) throw error
  return data
}

say(dataOf(await client.query(MODELS, {}).toPromise()))
const posted = dataOf(await client.mutation(POST, { input: { content: prompt } }).toPromise())
await follow(posted.postMessage.reply.id, async function* (variables) {
  const results = observed(sink => {
    const subscription = client.subscription(FOLLOW, variables).subscribe(result => {
      sink.next(result)
      if (!result.hasNext) sink.complete()
    })
    return () => subscription.unsubscribe()
  })
  for await (const result of results) if (result.data || result.error) yield dataOf(result).completion
})
await sockets.dispose()
