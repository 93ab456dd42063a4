// The rim of the query engine: its socket, its signals, its end.
import net from 'node:net'
import { encodeAnswer, RequestParser, Verdict } from './frames.mjs'
import { failure } from './failures.mjs'

const LONGEST_DRAIN_MS = 60_000 // whoever asked for the end has less patience, or is gone
const PARENT_CHECK_MS = 1_000
const EXIT_AFTER_PANIC = 70 // EX_SOFTWARE

/**
 * Serves the process at the other end of a socket until that goes away or asks for the end.
 * @param {number} descriptor of the socket
 * @param {import('./query-service.mjs').QueryService} service what answers the requests
 */
export function serve(descriptor, service) {
  const socket = new net.Socket({ fd: descriptor, readable: true, writable: true })
  const parser = new RequestParser()
  let answersDue = 0
  let draining = false
  let leaving = false

  const answer = (number, verdict, body) => {
    if (!socket.writableCorked) {
      socket.cork() // the answers of one turn of the event loop go out together
      process.nextTick(() => socket.uncork())
    }
    socket.write(encodeAnswer(number, verdict, body))
  }

  const handle = async request => {
    if (draining && !service.isOpen(request.transaction)) return answer(request.number, Verdict.REFUSED, '')
    answersDue++
    try {
      answer(request.number, Verdict.ANSWERED, await service.answer(request))
    } catch (error) {
      answer(request.number, Verdict.ANSWERED, failure(error))
      if (error instanceof WebAssembly.RuntimeError) socket.end(() => process.exit(EXIT_AFTER_PANIC))
    } finally {
      answersDue--
      if (draining) exitWhenDone()
    }
  }

  const exitWhenDone = () => {
    if (leaving || answersDue > 0 || service.hasOpenTransactions()) return
    leaving = true
    service.close().finally(() => socket.end(() => process.exit(0)))
  }

  const drain = () => {
    if (draining) return
    draining = true
    exitWhenDone()
    setInterval(exitWhenDone, 50) // transactions also end by their timeout, unannounced
    setTimeout(() => process.exit(1), LONGEST_DRAIN_MS)
  }

  socket.on('data', chunk => {
    for (const request of parser.feed(chunk)) handle(request)
  })
  // Nobody is there to tell anything to; PostgreSQL rolls back what is open.
  const abandoned = () => process.exit(0)
  socket.on('error', abandoned).on('end', abandoned).on('close', abandoned)
  // The end of the socket is not seen while a copy of the parent, forked and never exec'ed, holds it open.
  const parent = process.ppid
  setInterval(() => process.ppid === parent || abandoned(), PARENT_CHECK_MS)
  // What is printed goes to the parent as well, and nobody reads it any more when that has gone.
  for (const output of [process.stdout, process.stderr]) output.on('error', abandoned)

  process.on('SIGTERM', drain)
  process.on('SIGINT', () => {}) // Ctrl-C is for the parent
  process.on('uncaughtException', error => {
    console.error(error) // a panic within the engine's own tasks is nobody's answer: this engine cannot go on
    process.exit(EXIT_AFTER_PANIC)
  })
}
