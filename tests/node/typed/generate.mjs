// Builds a typed client from a printed schema, as `graphql-codegen` does it, and compiles it and the front end that
// uses it under TypeScript's strictest rules. What does not fit the schema does not compile.
//
//   node typed/generate.mjs SCHEMA FOLDER
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { parse } from 'graphql'
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const [schema, folder] = process.argv.slice(2)
const here = import.meta.dirname
const config = {
  useTypeImports: true,
  strictScalars: true,
  enumType: 'string-literal',
  enumsAsTypes: true,
  scalars: { DateTime: 'string', JSON: 'Record<string, unknown>' },
}
const generated = await codegen({
  filename: 'generated.ts',
  schema: parse(readFileSync(schema, 'utf8')),
  documents: [{ document: parse(readFileSync(join(here, 'operations.graphql'), 'utf8')) }],
  config,
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  pluginMap: { typescriptOperations, typedDocumentNode },
})
writeFileSync(join(folder, 'generated.ts'), generated)
writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
copyFileSync(join(here, 'front_end.ts'), join(folder, 'front_end.ts'))
symlinkSync(join(here, '../node_modules'), join(folder, 'node_modules'))

const program = ts.createProgram([join(folder, 'front_end.ts')], {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  skipLibCheck: true,
  types: [],
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
})
const faults = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]
if (faults.length) {
  console.error(ts.formatDiagnostics(faults, {
    getCanonicalFileName: name => name,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  }))
  process.exit(1)
}
