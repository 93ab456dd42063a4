// What stands at each place in the arguments of a query. Only that tells whether a string is a string, or JSON.
//
// A kind takes a key and the fields of the model at hand, and says what the value under that key is: a kind, or a kind
// and the model that a relation leads to. `plain`, `json` and the like are also kinds of the values themselves.

/** @typedef {(key: string, fields: import('./datamodel.mjs').Fields) => Kind | [Kind, string]} Kind */

/** @type {Kind} values that are what they look like */
export const plain = () => plain
/** @type {Kind} a value to be stored in a Json field */
export const json = () => json
/** @type {Kind} the items of a Json[] field, to be stored or compared */
export const jsonList = () => jsonList
/** @type {Kind} a value that a Json field is compared with, under an operator */
export const jsonOperand = key => (key === 'path' || key === 'mode' || key.startsWith('string_') ? plain : jsonOperand)
/** @type {Kind} what a Json field has to be: operators with their operands, or just a value */
export const jsonFilter = key => jsonOperand(key)

const field = (relation, json) => (key, fields) => {
  const type = fields.get(key)
  if (type === undefined) return plain
  if (type === 'Json') return json
  return type === 'Json[]' ? jsonList : [relation, type]
}

const QUANTIFIERS = new Set(['is', 'isNot', 'some', 'every', 'none'])
const CONNECTIVES = new Set(['AND', 'OR', 'NOT'])

/** @type {Kind} */
const relationFilter = (key, fields) => (QUANTIFIERS.has(key) && !fields.has(key) ? filter : fieldFilter(key, fields))
const fieldFilter = field(relationFilter, jsonFilter)
/** @type {Kind} */
const filter = (key, fields) => (CONNECTIVES.has(key) ? filter : fieldFilter(key, fields))

/** @type {Kind} what to do with the records at the other end of a relation */
const nested = key => NESTED_WRITES[key] ?? plain
const data = field(nested, json)
/** @type {Kind} of a nested record: {where, data}, or the data itself */
const update = (key, fields) => (fields.has(key) ? data(key, fields) : args(key))
const ARGUMENTS = { where: filter, cursor: filter, having: filter, data, create: data, update: data }
/** @type {Kind} the arguments of a query, of an included relation, of some nested writes */
export const args = key => ARGUMENTS[key] ?? plain

const NESTED_WRITES = {
  create: data,
  createMany: args,
  connectOrCreate: args,
  upsert: args,
  update,
  updateMany: args,
  connect: filter,
  disconnect: filter,
  set: filter,
  delete: filter,
  deleteMany: filter,
}
