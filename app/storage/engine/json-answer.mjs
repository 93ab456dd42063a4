// The engine's answers in Prisma's JSON protocol, as Prisma Client Python reads them.

const START = '{"data":{"'
// In a string every quote has a backslash, so what this matches is never inside one.
const TYPED_VALUE = /\{"\$type":"(\w+)","value":("[^"\\]*(?:\\.[^"\\]*)*")\}/g

/** @type {Record<string, (value: string) => string>} of the types whose values the client wants in another form */
const CONVERSIONS = {
  BigInt: value => value.slice(1, -1),
  Decimal: value => value.replace(/(\.\d*?)0+"$/, '$1"').replace('."', '"'),
}

const untyped = text => text.replace(TYPED_VALUE, (_, type, value) => CONVERSIONS[type]?.(value) ?? value)

/**
 * Puts the data under "result", whatever the operation was called, and bare values in place of typed ones.
 * @param {string} answer JSON
 * @returns {string} JSON
 */
export function toGraphqlAnswer(answer) {
  if (!answer.startsWith(START)) return answer.replaceAll('"meta":null', '"meta":{}') // the client looks into it
  const end = answer.indexOf('"', START.length)
  const isRaw = answer.slice(START.length, end).endsWith('Raw') // rows, with the database's own JSON in them
  return `${START}result${isRaw ? answer.slice(end) : untyped(answer.slice(end))}`
}
