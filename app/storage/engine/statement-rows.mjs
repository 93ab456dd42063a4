// The rows of a statement as JSON. What is JSON in the database goes into it as it stands.

const IS_JSON = new Set([114, 3802]) // the types json and jsonb

/**
 * @param {{ fields: { name: string, dataTypeID: number }[], rows: unknown[][] }} result of node-postgres, in arrays
 * @returns {string} JSON: an array of objects
 */
export function toJson({ fields, rows }) {
  const columns = fields.map(({ name, dataTypeID }, index) => ({
    key: `${index ? ',' : ''}${JSON.stringify(name)}:`,
    isJson: IS_JSON.has(dataTypeID),
  }))
  const row = values => {
    let members = ''
    for (const [index, { key, isJson }] of columns.entries()) {
      const value = values[index]
      members += key + (isJson ? (value ?? 'null') : JSON.stringify(value))
    }
    return `{${members}}`
  }
  return `[${rows.map(row)}]`
}
