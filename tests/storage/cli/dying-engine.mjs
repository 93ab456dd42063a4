#!/usr/bin/env node
// The schema engine of the project it is started in, killed as soon as it has answered its first request.
import { spawn } from 'node:child_process'
import process from 'node:process'

const engine = spawn(process.execPath, [process.env.REAL_SCHEMA_ENGINE, ...process.argv.slice(2)], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const serves = process.argv[2] !== 'cli' && process.argv[2] !== '--version'
if (serves) {
  // Not one byte more than the first request: the next one might be answered before the kill comes.
  let asked = false
  process.stdin.on('data', chunk => {
    if (asked) return
    const end = chunk.indexOf('\n') + 1
    asked = end > 0
    engine.stdin.write(asked ? chunk.subarray(0, end) : chunk)
  })
} else {
  process.stdin.pipe(engine.stdin)
}
engine.stdout.on('data', chunk => {
  process.stdout.write(chunk, () => {
    if (!serves || !chunk.includes('\n')) return
    engine.kill('SIGKILL')
    process.kill(process.pid, 'SIGKILL')
  })
})
engine.on('exit', code => process.exit(code ?? 1))
