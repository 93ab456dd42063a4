// Prisma Client Python writes each query as one GraphQL field, its values by json.dumps. The engine takes the same query
// in Prisma's JSON protocol. Strings and numbers are copied as they stand, so none can change on the way.
import { args, json, jsonFilter, jsonList, jsonOperand } from './argument-kinds.mjs'

const ACTION =
  /^((?:create|update|upsert|delete)One|(?:create|update|delete)Many|aggregate|groupBy|find(?:Unique|First|Many)|(?:query|execute)Raw)(\w*?)(OrThrow)?$/

const QUOTE = 34
const BACKSLASH = 92
const PARENTHESIS = { open: 40, close: 41 }
const BRACKET = { open: 91, close: 93 }
const BRACE = { open: 123, close: 125 }
const COLON = 58

const isSpace = code => code === 32 || code === 10 || code === 44 // GraphQL takes commas for space
const isOfWord = code =>
  (code > 96 && code < 123) || (code > 47 && code < 58) || (code > 64 && code < 91) || code === 95 || code === 46 || code === 45 || code === 43
const isOfNumber = code => code < 58 // of a word: digits, signs, point

/** Reads the tokens of a query one after the other. */
class Tokens {
  #text
  #at

  /** @param {string} text @param {number} at */
  constructor(text, at) {
    this.#text = text
    this.#at = at
  }

  /** The code of the character that the next token begins with. */
  next() {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (!isSpace(code)) return code
      this.#at++
    }
  }

  skip(code) {
    if (this.next() !== code) this.#unexpected()
    this.#at++
  }

  /** A name or a number. */
  word() {
    this.next()
    const start = this.#at
    while (isOfWord(this.#text.charCodeAt(this.#at))) this.#at++
    return this.#at > start ? this.#text.slice(start, this.#at) : this.#unexpected()
  }

  /** A string with its quotes, as it stands. */
  string() {
    const start = this.#at
    for (let backslashes = 1; backslashes % 2; ) {
      this.#at = this.#text.indexOf('"', this.#at + 1)
      if (this.#at < 0) this.#unexpected((this.#at = start))
      for (backslashes = 0; this.#text.charCodeAt(this.#at - 1 - backslashes) === BACKSLASH; ) backslashes++
    }
    return this.#text.slice(start, ++this.#at)
  }

  #unexpected() {
    const here = JSON.stringify(this.#text.slice(this.#at, this.#at + 20))
    throw new SyntaxError(`Unexpected ${here} at ${this.#at} of a query`)
  }
}

const NO_FIELDS = new Map()
const EMPTY_QUERY = '{"arguments":{},"selection":{}}'

/**
 * @param {string} query as Prisma Client Python builds it
 * @param {import('./datamodel.mjs').Datamodel} datamodel
 * @returns {string} JSON
 */
export function toJsonProtocol(query, datamodel) {
  const tokens = new Tokens(query, query.indexOf('{') + 1)
  tokens.word() // result, the client's name for the answer
  tokens.skip(COLON)
  const name = tokens.word()
  const [, action, model, orThrow = ''] = ACTION.exec(name) ?? []
  if (!action) throw new SyntaxError(`Unknown operation ${name}`)
  const modelName = model && `"modelName":"${model}",`
  return `{${modelName}"action":"${action}${orThrow}","query":${field(tokens, model, datamodel) ?? EMPTY_QUERY}}`
}

/** The arguments and the selection of a field; undefined where it has neither. */
function field(tokens, model, datamodel) {
  const given = tokens.next() === PARENTHESIS.open ? object(tokens, PARENTHESIS, args, model, datamodel) : undefined
  if (tokens.next() !== BRACE.open) return given && `{"arguments":${given},"selection":{}}`
  const fields = datamodel.get(model) ?? NO_FIELDS
  let selection = ''
  for (tokens.skip(BRACE.open); tokens.next() !== BRACE.close; ) {
    const name = tokens.word()
    selection += `${selection && ','}"${name}":${field(tokens, fields.get(name), datamodel) ?? true}`
  }
  tokens.skip(BRACE.close)
  return `{"arguments":${given ?? '{}'},"selection":{${selection}}}`
}

function object(tokens, { open, close }, kind, model, datamodel) {
  const fields = datamodel.get(model) ?? NO_FIELDS
  let members = ''
  for (tokens.skip(open); tokens.next() !== close; ) {
    const key = tokens.word()
    tokens.skip(COLON)
    const under = kind(key, fields)
    const member = typeof under === 'function' ? value(tokens, under, model, datamodel) : value(tokens, ...under, datamodel)
    members += `${members && ','}"${key}":${member}`
  }
  tokens.skip(close)
  return `{${members}}`
}

function list(tokens, kind, model, datamodel) {
  let items = ''
  for (tokens.skip(BRACKET.open); tokens.next() !== BRACKET.close; ) items += (items && ',') + value(tokens, kind, model, datamodel)
  tokens.skip(BRACKET.close)
  return `[${items}]`
}

function value(tokens, kind, model, datamodel) {
  const code = tokens.next()
  if (code === QUOTE) {
    const text = tokens.string()
    if (kind === json || kind === jsonOperand || kind === jsonList) return `{"$type":"Json","value":${text}}`
    return kind === jsonFilter ? `{"equals":{"$type":"Json","value":${text}}}` : text
  }
  if (code === BRACE.open) return object(tokens, BRACE, kind, model, datamodel)
  if (code === BRACKET.open) return list(tokens, kind, model, datamodel)
  const word = tokens.word()
  if (word === 'null' && kind === json) return '{"$type":"Enum","value":"DbNull"}'
  if (word === 'null' && kind === jsonOperand) return '{"$type":"Enum","value":"AnyNull"}'
  if (word === 'null' && kind === jsonFilter) return '{"equals":{"$type":"Enum","value":"AnyNull"}}'
  return isOfNumber(code) || word === 'true' || word === 'false' || word === 'null' ? word : `{"$type":"Enum","value":"${word}"}`
}
