// A front end that names its documents: Apollo Client's link does it by hash over HTTP, by POST and by GET, and tells
// the server the whole only when it does not know it; then graphql-ws and graphql-sse name what it knows by now. Says
// what went over HTTP, and what came of it all.
//
//   node persisted.mjs URL PROMPT
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { print } from '@apollo/client/utilities'
import { createClient as createEvents } from 'graphql-sse'
import { createClient as createSockets } from 'graphql-ws'
import { createHash } from 'node:crypto'
import WebSocket from 'ws'
import { FOLLOW, MODELS, POST, say } from './chat.mjs'

const [url, prompt] = process.argv.slice(2)
const sha256 = text => createHash('sha256').update(text).digest('hex')

async function watchedFetch(address, options) {
  const answer = await fetch(address, options)
  const { searchParams } = new URL(address)
  const sent = options.body ? JSON.parse(options.body) : Object.fromEntries(searchParams)
  say({ method: options.method, whole: 'query' in sent, named: 'extensions' in sent, status: answer.status })
  return answer
}

function apollo(options) {
  const persisted = new PersistedQueryLink({ sha256, ...options })
  return new ApolloClient({
    link: persisted.concat(new HttpLink({ uri: url, fetch: watchedFetch })),
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: 'network-only' } },
  })
}

for (const useGETForHashedQueries of [false, true]) {
  const client = apollo({ useGETForHashedQueries })
  // Named by when it is asked, it is known to no server yet.
  const query = gql(MODELS.replace('Models', `Models${Date.now()}`))
  for (let times = 0; times < 2; times++) say((await client.query({ query })).data)
  client.stop()
}

const client = apollo({})
const { data } = await client.mutate({ mutation: gql(POST), variables: { input: { content: prompt } } })
// What it follows with is registered by a client that has nothing to follow.
const follow = print(gql(FOLLOW))
const register = { query: follow, extensions: { persistedQuery: { version: 1, sha256Hash: sha256(follow) } } }
await watchedFetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(register),
})
const named = {
  query: '', // graphql-ws wants a string
  documentId: `sha256:${sha256(follow)}`,
  variables: { id: data.postMessage.reply.id, after: 0 },
}
const sockets = createSockets({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
const events = createEvents({ url, retryAttempts: 0 })
for (const [way, { iterate }] of Object.entries({ 'graphql-ws': sockets, 'graphql-sse': events })) {
  let last
  for await (const { data, errors } of iterate(named)) {
    if (errors) throw new Error(JSON.stringify(errors))
    last = data.completion
  }
  say({ way, status: last.message.status, content: last.message.content })
}
client.stop()
await sockets.dispose()
events.dispose()
