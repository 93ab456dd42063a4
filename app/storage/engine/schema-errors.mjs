// What Prisma's CLI tells the user: the native engine's words, where the WebAssembly build has none or others.
// The codes are those of https://www.prisma.io/docs/orm/reference/error-reference

/**
 * Of a database that cannot be reached, entered or made.
 * @param {Error & { cause?: { kind?: string, reason?: string }, syscall?: string }} error as the adapter throws it
 * @param {{ host?: string, port?: string, user?: string, database?: string }} config
 */
export function connectionFailure(error, { host, port, user, database }) {
  const server = `${host || 'localhost'}:${port || 5432}`
  const known = {
    AuthenticationFailed: ['P1000', `Authentication failed against database server, the provided database credentials for \`${user}\` are not valid.`],
    DatabaseNotReachable: ['P1001', `Can't reach database server at \`${server}\`\n\nPlease make sure your database server is running at \`${server}\`.`],
    DatabaseDoesNotExist: ['P1003', `Database \`${database}\` does not exist`],
    DatabaseAlreadyExists: ['P1009', `Database \`${database}\` already exists`],
    DatabaseAccessDenied: ['P1010', `User \`${user}\` was denied access on the database \`${database}\``],
    TlsConnectionError: ['P1011', `Error opening a TLS connection: ${error.cause?.reason}`],
  }
  const [error_code, message] = known[error.cause?.kind ?? (isUnreachable(error) ? 'DatabaseNotReachable' : '')] ?? ['', error.message]
  return { error_code, message }
}

const isUnreachable = ({ syscall, message }) => syscall === 'connect' || /timeout|^Connection terminated/.test(message)

/**
 * Of a migration whose SQL failed; undefined where it was something else, or the engine has said so itself.
 * @param {string} method
 * @param {Error & { code?: string }} error
 * @param {object | undefined} cause what PostgreSQL said
 */
export function migrationFailure(method, error, cause) {
  const name = /migration_name="([^"]+)"/.exec(error.message)?.[1]
  if (error.code || !cause || !name) return
  const said = ['severity', 'message', 'detail', 'hint', 'position', 'where'].filter(key => cause[key])
  const detail = said.map(key => `${key}: ${cause[key]}`).join('\n')
  return method === 'applyMigrations'
    ? { error_code: 'P3018', message: `${FAILED_TO_APPLY}\n\nMigration name: ${name}\n\nDatabase error code: ${cause.code}\n\nDatabase error:\n${detail}` }
    : { error_code: 'P3006', message: `Migration \`${name}\` failed to apply cleanly to the shadow database.\nError:\n${detail}` }
}

const FAILED_TO_APPLY =
  'A migration failed to apply. New migrations cannot be applied before the error is recovered from. ' +
  'Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve'
