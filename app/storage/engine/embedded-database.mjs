// For Prisma's CLI: the embedded PostgreSQL, where no DATABASE_URL says otherwise.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import readline from 'node:readline'

const COMMANDS_THAT_CONNECT = ['migrate', 'db', 'studio']
/** `prisma validate` wants a URL though it connects to nothing. */
const NOWHERE = 'postgresql://localhost:1/none'

/**
 * The URL of the embedded database, which runs for as long as this process does (and longer, where others use it).
 * Ends this process where it does not come up: app.storage.embedded has said why.
 *
 * @param {string} root the project's folder
 * @returns {Promise<string>}
 */
export async function embeddedDatabase(root) {
  const typed = process.argv.slice(2)
  const connects = typed.some(word => COMMANDS_THAT_CONNECT.includes(word)) && !typed.some(word => /^(-h|--help)$/.test(word))
  return connects ? await hold(root, process.env.PARLEY_DATA_DIR ?? '.parley') : NOWHERE
}

/** The holder lets go when its standard input ends, which the kernel sees to however this process ends. */
async function hold(root, dataDir) {
  const holder = spawn(python(root), ['-m', 'app.storage.embedded', 'hold', dataDir], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const failed = once(holder, 'error').then(([error]) => {
    console.error(`parley: no Python to start the embedded database with (${error.message}): run \`make\``)
    process.exit(1)
  })
  const said = once(readline.createInterface({ input: holder.stdout }), 'line')
  const [url] = await Promise.race([said, failed, once(holder, 'exit').then(() => [])])
  if (!url) process.exit(1)
  holder.unref()
  holder.stdin.unref()
  holder.stdout.destroy()
  return url
}

/** The interpreter that runs the `prisma` that was typed: they lie side by side. (`python3` on PATH may be another.) */
function python(root) {
  const folders = [...process.env.PATH.split(path.delimiter), path.join(root, '.venv', 'bin')].filter(path.isAbsolute)
  const folder = folders.find(folder => ['prisma', 'python3'].every(program => existsSync(path.join(folder, program))))
  return folder ? path.join(folder, 'python3') : 'python3'
}
