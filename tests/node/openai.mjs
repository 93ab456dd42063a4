// The official `openai` package of npm against a server, as its users have it: one step after the other, each with what
// came of it, as JSON on standard output.
//
//   node openai.mjs BASE_URL SCRIPTS   where SCRIPTS is JSON: what the upstream is to be asked, by name
import { createServer } from 'node:net'
import OpenAI from 'openai'

const [baseURL, scripts] = process.argv.slice(2)
const said = JSON.parse(scripts)
const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 })
const asking = (name, options = {}) => ({
  model: 'upstream',
  messages: [{ role: 'user', content: said[name] ?? name }],
  ...options,
})
const create = (name, options, request) => client.chat.completions.create(asking(name, options), request)

async function outcome(promise) {
  try {
    return { value: await promise }
  } catch (error) {
    return { kind: error.constructor.name, status: error.status, code: error.code, param: error.param }
  }
}

async function collect(iterable) {
  const all = []
  for await (const each of iterable) all.push(each)
  return all
}

async function textOf(stream) {
  return (await collect(stream)).map(chunk => chunk.choices[0]?.delta.content ?? '').join('')
}

/** A port of this machine at which nobody listens. */
async function closedPort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

const seen = {}
seen.created = (await create('whole')).choices[0].message.content
seen.streamed = await textOf(await create('long', { stream: true }))
seen.accumulated = await client.chat.completions.stream(asking('long')).finalContent()
seen.usage = (await collect(await create('long', { stream: true, stream_options: { include_usage: true } }))).at(-1).usage
const raw = await create('long', { stream: true }).asResponse()
seen.raw = { type: raw.headers.get('content-type'), end: (await raw.text()).trimEnd().split('\n').at(-1) }
const { data, response } = await create('whole').withResponse()
seen.withResponse = { status: response.status, text: data.choices[0].message.content }

seen.models = (await collect(client.models.list())).map(model => model.id)
seen.model = (await client.models.retrieve('upstream')).id

const stored = await create('whole', { store: true, metadata: { by: 'node' } })
const second = await create('long', { store: true, metadata: { by: 'node' } })
seen.stored = {
  retrieved: (await client.chat.completions.retrieve(stored.id)).choices[0].message.content,
  listed: (await collect(client.chat.completions.list({ metadata: { by: 'node' }, limit: 1 }))).map(each => each.id),
  ids: [stored.id, second.id],
  messages: (await collect(client.chat.completions.messages.list(stored.id))).map(each => each.content),
  updated: (await client.chat.completions.update(stored.id, { metadata: { by: 'them' } })).metadata,
  deleted: (await client.chat.completions.delete(stored.id)).deleted,
  gone: await outcome(client.chat.completions.retrieve(stored.id)),
}

const answering = await create('endless', { store: true, stream: true }).withResponse()
const place = { conversation_id: answering.response.headers.get('x-conversation-id') }
seen.errors = {
  badRequest: await outcome(create('whole', { temperature: 3 })),
  notFound: await outcome(create('whole', { model: 'gpt-unknown' })),
  conflict: await outcome(create('whole', { store: true, metadata: place })),
  rateLimit: await outcome(create('limited')),
  badGateway: await outcome(create('broken')),
  timeout: await outcome(create('silent', {}, { timeout: 300 })),
  connection: await outcome(
    new OpenAI({ baseURL: `http://127.0.0.1:${await closedPort()}/v1`, apiKey: 'any', maxRetries: 0 }).models.list(),
  ),
}
await create('whole', { store: true }, { headers: { 'idempotency-key': 'node' } })
seen.errors.unprocessable = await outcome(create('long', { store: true }, { headers: { 'idempotency-key': 'node' } }))
const failing = await create('failing', { stream: true })
let before = ''
seen.errors.midStream = await outcome(
  (async () => {
    for await (const chunk of failing) before += chunk.choices[0].delta.content
  })(),
)
seen.beforeFailure = before
answering.data.controller.abort()
console.log(JSON.stringify(seen))
