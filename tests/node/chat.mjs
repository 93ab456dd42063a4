// What every front end of these tests does, whichever client it is made with: asks, posts a message, follows the reply
// to its end however often the connection is lost, and says on standard output, a JSON object a line, what happens.
import { setTimeout as sleep } from 'node:timers/promises'

export const RETRY_PAUSE_MS = 100

export const MODELS = 'query Models { models { id } }'
export const POST = 'mutation Post($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }'
export const FOLLOW = `subscription Follow($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content }
    ... on CompletionEnd { message { id status content } }
  }
}`

export const say = event => process.stdout.write(`${JSON.stringify(event)}\n`)

/**
 * Follows by subscriptions that end when the connection does: a new one each time, after what has been seen.
 * `subscribe(variables)` gives an async iterable of the events.
 */
export async function follow(id, subscribe) {
  for (let seq = 0, ended = false; !ended; ) {
    try {
      say({ after: seq })
      for await (const event of subscribe({ id, after: seq })) {
        seq = event.seq
        say(event)
        ended = event.__typename === 'CompletionEnd'
        if (ended) break
      }
    } catch (error) {
      say({ lost: String(error?.message ?? error) })
    }
    if (!ended) await sleep(RETRY_PAUSE_MS)
  }
}

/** The values of whatever calls `next`, `error` and `complete`; `start(sink)` returns how it is ended early. */
export async function* observed(start) {
  const waiting = []
  let wake = () => {}
  const put = item => {
    waiting.push(item)
    wake()
  }
  const stop = start({
    next: value => put({ value }),
    error: error => put({ error }),
    complete: () => put({ done: true }),
  })
  try {
    while (true) {
      while (!waiting.length) await new Promise(resolve => (wake = resolve))
      const { value, error, done } = waiting.shift()
      if (error) throw error
      if (done) return
      yield value
    }
  } finally {
    stop?.()
  }
}
