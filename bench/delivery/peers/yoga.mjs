// `node yoga.mjs schema.graphql [pubsub]`: graphql-yoga with graphql-ws, put together as its documentation has it, over
// the same source as bench/delivery/source.py. With `pubsub` all subscribers of a reply share yoga's own publisher.
import { readFileSync } from 'node:fs'
import { setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'

setMaxListeners(0) // else Node takes more than ten watchers of a reply for a leak, and says so

const BURST = 10
const TICK_MS = 1
const PUNCTUAL_US = 2_000
const [, , schemaPath, kind] = process.argv

const nowUs = () => {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.trunc(nanoseconds / 1e3)
}
const stamped = (us) => `${String(us).padStart(16, '0')}abc `

/** A reply with one reader. It keeps what the reader has not taken. */
class Stream {
  waiting = []
  ended = false
  wanted = null

  get idle() {
    return this.wanted !== null && this.waiting.length === 0
  }

  put(content) {
    this.waiting.push(content)
    this.wanted?.()
  }

  end() {
    this.ended = true
    this.wanted?.()
  }

  async *read(id) {
    let seq = 0
    for (;;) {
      if (this.waiting.length) {
        const taken = this.waiting
        this.waiting = []
        for (const content of taken) yield { completion: { __typename: 'CompletionDelta', seq: ++seq, content } }
      } else if (this.ended) {
        yield end(seq, id)
        return
      } else {
        await new Promise((resolve) => (this.wanted = resolve))
        this.wanted = null
      }
    }
  }
}

/** A reply that yoga's publisher brings to each reader. */
class Published {
  static publisher = createPubSub()
  idle = true
  seq = 0

  constructor(id) {
    this.id = id
  }

  put(content) {
    Published.publisher.publish('completion', this.id, {
      completion: { __typename: 'CompletionDelta', seq: ++this.seq, content },
    })
  }

  end() {
    Published.publisher.publish('completion', this.id, null)
  }

  read(id) {
    const events = Published.publisher.subscribe('completion', id) // now: what comes next is not to be missed
    return this.until(events, id)
  }

  async *until(events, id) {
    for await (const event of events) {
      if (event === null) break
      yield event
    }
    yield end(this.seq, id)
  }
}

const end = (seq, id) => ({
  completion: { __typename: 'CompletionEnd', seq, message: { __typename: 'Message', id, status: 'COMPLETE' } },
})

const Feed = kind === 'pubsub' ? Published : Stream
let feeds = new Map()
let readers = 0
let came = () => {}

function read(id) {
  readers += 1
  came()
  if (!feeds.has(id)) feeds.set(id, new Feed(id))
  return feeds.get(id).read(id)
}

async function untilRead(wanted) {
  while (readers < wanted) await new Promise((resolve) => (came = resolve))
}

async function run(seconds, perSecond) {
  const replies = [...feeds.values()]
  const sent = perSecond === null ? await unlimited(replies, seconds) : await paced(replies, seconds, perSecond)
  for (const each of replies) each.end()
  feeds = new Map()
  readers = 0
  return sent
}

async function unlimited(replies, seconds) {
  let sent = 0
  const endUs = nowUs() + seconds * 1e6
  for (let now = nowUs(); now < endUs; now = nowUs()) {
    const content = stamped(now)
    for (const each of replies) {
      if (!each.idle) continue
      for (let number = 0; number < BURST; number++) each.put(content)
      sent += BURST
    }
    await turn()
  }
  return sent
}

async function paced(replies, seconds, perSecond) {
  const eachUs = 1e6 / perSecond
  const total = Math.trunc(perSecond * seconds)
  const beganUs = nowUs()
  let sent = 0
  while (sent < total) {
    await sleep(TICK_MS)
    const now = nowUs()
    const due = Math.min(total, Math.trunc((now - beganUs) / eachUs))
    for (; sent < due; sent++) {
      replies[sent % replies.length].put(stamped(Math.min(now, Math.trunc(beganUs + sent * eachUs) + PUNCTUAL_US)))
    }
  }
  return sent
}

const yoga = createYoga({
  schema: createSchema({
    typeDefs: readFileSync(schemaPath, 'utf8'),
    resolvers: { Subscription: { completion: { subscribe: (_, { messageId }) => read(messageId) } } },
    resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
  }),
  logging: false,
})
const server = createServer(yoga)
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (ctx, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...ctx,
        req: ctx.extra.request,
        socket: ctx.extra.socket,
        params,
      })
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length ? errors : args
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint, perMessageDeflate: false }),
)

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
server.listen(0, '127.0.0.1', () => say({ port: server.address().port }))
const orders = createInterface({ input: process.stdin })
orders.on('close', () => process.exit())
for await (const line of orders) {
  const order = JSON.parse(line)
  if (order.do === 'await') {
    await untilRead(order.readers)
    say({})
  } else {
    say({ sent: await run(order.seconds, order.per_second) })
  }
}
