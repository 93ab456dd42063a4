// A front end made of web/src/client: posts, follows each reply to its end, and says what it hears, a JSON object a line.
//
//   node follow.mjs '{"post": URL, "follow": URL, "prompts": […], "ids": […], "after": 0, "key": …, "options": {…}}'
//
// It stands in for a page as well: a line on standard input is an event of the window, such as `online`.
import { createInterface } from 'node:readline'
import WebSocket from '../../node/node_modules/ws/wrapper.mjs'
import '../../node/typescript.mjs'

const asked = JSON.parse(process.argv[2])
const say = event => process.stdout.write(`${JSON.stringify(event)}\n`)

/** `ws` gives a peer that has gone half a minute to say goodbye, and keeps the program waiting; pages have no such wait. */
class Socket extends WebSocket {
  close(...reason) {
    super.close(...reason)
    setTimeout(() => this.terminate(), 100).unref()
  }
}

const page = new EventTarget()
globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
for (const each of ['addEventListener', 'removeEventListener']) globalThis[each] = page[each].bind(page)
const events = createInterface({ input: process.stdin }).on('line', name => page.dispatchEvent(new Event(name)))

const { Client, request } = await import('../../../web/src/client/index.ts')

const POST = 'mutation ($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }'
const post = content =>
  request({ url: asked.post, key: asked.key }, POST, { input: { content } }).then(data => data.postMessage.reply.id)

const ids = [...(asked.ids ?? []), ...(await Promise.all((asked.prompts ?? []).map(post)))]
const client = new Client({ url: asked.follow ?? asked.post, key: asked.key }, { WebSocket: Socket, ...asked.options })
let open = ids.length
const over = event => {
  say(event)
  if (--open) return
  client.close()
  events.close()
}
for (const id of ids) {
  client.follow(id, asked.after ?? 0, {
    onText: ({ content, reasoning, seq }) => say({ id, text: content, reasoning, seq }),
    onReplace: ({ content, reasoning, seq }) => say({ id, replace: content, reasoning, seq }),
    onEnd: message => over({ id, end: message }),
    onError: ({ code, message }) => over({ id, error: code, message }),
    onConnection: (state, retryInMs) => say({ id, state, retryInMs }),
  })
}
