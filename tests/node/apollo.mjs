// A chat front end as Apollo Client makes one: queries and mutations over HTTP, subscriptions by `graphql-ws`.
//
//   node apollo.mjs URL PROMPT
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { getMainDefinition } from '@apollo/client/utilities'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { FOLLOW, MODELS, POST, follow, observed, say } from './chat.mjs'

globalThis.WebSocket ??= WebSocket // Node.js has none before 22, and Apollo looks at it when a connection is lost

const [url, prompt] = process.argv.slice(2)
// It is this program that comes back, with a fresh `after`: what the package sent again would be the first one.
const sockets = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
const link = ApolloLink.split(
  ({ query }) => getMainDefinition(query).operation === 'subscription',
  new GraphQLWsLink(sockets),
  new HttpLink({ uri: url }),
)
const client = new ApolloClient({
  link,
  cache: new InMemoryCache({
    // The events of one reply are no fields of one object that grows: each is what it is.
    typePolicies: { Subscription: { fields: { completion: { merge: false } } } },
  }),
})

say((await client.query({ query: gql(MODELS) })).data)
const { data } = await client.mutate({ mutation: gql(POST), variables: { input: { content: prompt } } })
await follow(data.postMessage.reply.id, async function* (variables) {
  const query = client.subscribe({ query: gql(FOLLOW), variables, fetchPolicy: 'no-cache' })
  const results = observed(sink => {
    const subscription = query.subscribe(sink)
    return () => subscription.unsubscribe()
  })
  for await (const { data, error } of results) {
    if (error) throw error
    yield data.completion
  }
})
client.stop()
await sockets.dispose()
