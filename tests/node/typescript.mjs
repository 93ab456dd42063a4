// Lets Node.js import the TypeScript of web/: `node --import …/tests/node/typescript.mjs`. From 22.18 on it does so itself,
// as long as the types can be taken out without anything being put in their place; JSX and style sheets it never does.
import { readFile } from 'node:fs/promises'
import { createRequire, register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const ours = process.features.typescript ? /\.tsx$/ : /\.tsx?$/

if (isMainThread) register(import.meta.url)

/** What the build of web/ compiles with. */
const compiler = async () => {
  const vite = new URL('../../web/node_modules/vite/package.json', import.meta.url)
  return import(createRequire(vite).resolve('rolldown/utils'))
}

export async function load(url, context, next) {
  if (url.endsWith('.css')) return { format: 'module', source: '', shortCircuit: true }
  if (!ours.test(url)) return next(url, context)
  const { transform } = await compiler()
  const path = new URL(url)
  const { code, errors } = await transform(path.pathname, await readFile(path, 'utf8'), { target: 'es2022' })
  if (errors.length) throw new SyntaxError(`${url}: ${errors[0].message}`)
  return { format: 'module', source: code, shortCircuit: true }
}
