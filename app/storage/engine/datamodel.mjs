// What the translation has to know of a Prisma schema.

/**
 * @typedef {Map<string, string>} Fields by name: 'Json', 'Json[]', or the model that a relation leads to; no others
 * @typedef {Map<string, Fields>} Datamodel the fields of each model
 *
 * @param {string} schema the Prisma schema, as text
 * @returns {Datamodel}
 */
export function readDatamodel(schema) {
  const blocks = [...schema.matchAll(/^\s*(?:model|view)\s+(\w+)\s*\{(.*?)^\s*\}/gms)]
  const types = new Set(['Json', ...blocks.map(([, model]) => model)])
  const fieldsOf = body => [...body.matchAll(/^[ \t]*(\w+)[ \t]+(\w+)(\[\])?/gm)].filter(([, , type]) => types.has(type))
  const typeOf = ([, field, type, list]) => [field, type === 'Json' && list ? 'Json[]' : type]
  return new Map(blocks.map(([, model, body]) => [model, new Map(fieldsOf(body).map(typeOf))]))
}
