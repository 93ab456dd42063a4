// Errors in the form in which Prisma Client Python reads them.

/**
 * @typedef {{ error_code?: string, message: string, meta?: object, is_panic?: boolean }} UserFacingError
 *
 * @param {string} error
 * @param {UserFacingError} [userFacing]
 * @returns {string} JSON
 */
export function errors(error, userFacing = { message: error }) {
  return JSON.stringify({ errors: [{ error, user_facing_error: { is_panic: false, ...userFacing } }] })
}

// As the engine words them, for what fails outside of it.
const CODES = { DatabaseNotReachable: 'P1001', ConnectionClosed: 'P1017', TooManyConnections: 'P2037' }
const MESSAGES = {
  P1001: ({ host, port }) => `Can't reach database server at ${host}:${port}`,
  P1017: () => 'Server has closed the connection.',
  P2037: ({ cause }) => `Too many database connections opened: ${cause}`,
}

/** What was thrown while a request was answered: the engine reports what is wrong with a request in its answers. */
export function failure(error) {
  const message = error?.message ?? String(error)
  const error_code = CODES[error?.cause?.kind]
  if (error_code) return errors(message, { error_code, message: MESSAGES[error_code](error.cause), meta: {} })
  return errors(message, knownError(message) ?? { message, is_panic: error instanceof WebAssembly.RuntimeError })
}

/** The engine throws some of its known errors as JSON. */
function knownError(message) {
  try {
    const { error_code, message: text, meta, is_panic } = JSON.parse(message)
    if (text) return { error_code, message: text, meta: meta ?? {}, is_panic: is_panic ?? false }
  } catch {
    // not JSON
  }
}

/** The engine's answer about a transaction, its error brought into that form. */
export function transactionAnswer(answer) {
  const { error_code, message, meta } = JSON.parse(answer || '{}')
  if (!error_code) return answer || '{}'
  return errors(meta?.error ?? message, { error_code, message, meta: meta ?? {} })
}

export function transactionNotStarted() {
  const message = 'Transaction API error: Unable to start a transaction in the given time.'
  return errors(message, { error_code: 'P2028', message, meta: { error: message } })
}
