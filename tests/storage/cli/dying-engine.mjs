#!/usr/bin/env node
// The schema engine of the project it is started in, killed as soon as it is asked something: not after it has answered,
// for then the command may have all that it wants to know.
import { spawn } from 'node:child_process'
import process from 'node:process'

const engine = spawn(process.execPath, [process.env.REAL_SCHEMA_ENGINE, ...process.argv.slice(2)], {
  stdio: ['pipe', 'inherit', 'inherit'],
})
const serves = process.argv[2] !== 'cli' && process.argv[2] !== '--version'
if (serves) {
  process.stdin.on('data', chunk => {
    if (!chunk.includes('\n')) return
    engine.kill('SIGKILL')
    process.kill(process.pid, 'SIGKILL')
  })
} else {
  process.stdin.pipe(engine.stdin)
}
engine.on('exit', code => process.exit(code ?? 1))
