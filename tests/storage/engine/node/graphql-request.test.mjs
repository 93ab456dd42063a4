import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDatamodel } from '../../../../app/storage/engine/datamodel.mjs'
import { toJsonProtocol } from '../../../../app/storage/engine/graphql-request.mjs'

const DATAMODEL = readDatamodel(`
model User {
  id    Int    @id
  name  String @default("model Fake { x Json }")
  meta  Json?
  metas Json[]
  posts Post[]
  // ghost Json
}

model Post {
  id     Int  @id
  author User @relation(fields: [author_id], references: [id])
  author_id Int
  where  Json
}
`)
const translate = query => JSON.parse(toJsonProtocol(`query { result: ${query} }`, DATAMODEL))
const json = value => ({ $type: 'Json', value })

test('the datamodel knows Json fields and relations, and nothing else', () => {
  assert.deepEqual(Object.fromEntries(DATAMODEL.get('User')), { meta: 'Json', metas: 'Json[]', posts: 'Post' })
  assert.deepEqual(Object.fromEntries(DATAMODEL.get('Post')), { author: 'User', where: 'Json' })
})

test('operation, model, arguments and selection', () => {
  assert.deepEqual(translate('findManyUser (take: 2, where: {id: {in: [1, 2]}}) { id posts(skip: 1) { id author { name } } }'), {
    modelName: 'User',
    action: 'findMany',
    query: {
      arguments: { take: 2, where: { id: { in: [1, 2] } } },
      selection: {
        id: true,
        posts: {
          arguments: { skip: 1 },
          selection: { id: true, author: { arguments: {}, selection: { name: true } } },
        },
      },
    },
  })
})

test('operations without a model, without arguments, with a suffix', () => {
  assert.deepEqual(translate('queryRaw (query: "SELECT 1", parameters: "[]")'), {
    action: 'queryRaw',
    query: { arguments: { query: 'SELECT 1', parameters: '[]' }, selection: {} },
  })
  assert.equal(translate('findUniqueUserOrThrow (where: {id: 1}) { id }').action, 'findUniqueOrThrow')
  assert.equal(translate('findUniqueUserOrThrow (where: {id: 1}) { id }').modelName, 'User')
  assert.deepEqual(translate('findFirstUser').query, { arguments: {}, selection: {} })
})

test('values are copied digit by digit and character by character', () => {
  const written = '{a: 9223372036854775807, b: -1.50, c: 1e-7, d: true, e: null, f: asc, g: "\\u2028 \\" \\\\ {}()[]:,\u2028\u0085é😀"}'
  const text = toJsonProtocol(`query { result: findFirstUser (x: ${written}) }`, DATAMODEL)
  assert.ok(text.includes('"a":9223372036854775807,"b":-1.50,"c":1e-7,"d":true,"e":null,"f":{"$type":"Enum","value":"asc"}'))
  assert.ok(text.includes('"g":"\\u2028 \\" \\\\ {}()[]:,\u2028\u0085é😀"'))
})

test('backslashes before the end of a string', () => {
  for (const text of ['\\', '\\\\', '"', '\\"', 'a\\\\"b', '']) {
    assert.equal(translate(`findFirstUser (where: {name: ${JSON.stringify(text)}, id: 1})`).query.arguments.where.name, text)
  }
})

test('a string on a Json field is the JSON in it, elsewhere it is itself', () => {
  const written = '"{\\"a\\": 1}"'
  const { arguments: args } = translate(`createOneUser (data: {name: ${written}, meta: ${written}, metas: [${written}]}) { id }`).query
  assert.equal(args.data.name, '{"a": 1}')
  assert.deepEqual(args.data.meta, json('{"a": 1}'))
  assert.deepEqual(args.data.metas, [json('{"a": 1}')])
})

test('Json fields are found in every nested write', () => {
  const data = 'where: "[]", id: 1'
  const { posts } = translate(`updateOneUser (where: {id: 1}, data: {posts: {
    create: [{${data}}]
    createMany: {data: [{${data}}]}
    connectOrCreate: [{where: {id: 1}, create: {${data}}}]
    upsert: [{where: {id: 1}, create: {${data}}, update: {${data}}}]
    update: [{where: {id: 1}, data: {${data}, author: {update: {meta: "1"}}}}]
    updateMany: [{where: {id: 1}, data: {${data}}}]
    deleteMany: [{where: {equals: "1"}}]
  }})`).query.arguments.data
  const written = { where: json('[]'), id: 1 }
  assert.deepEqual(posts.create, [written])
  assert.deepEqual(posts.createMany.data, [written])
  assert.deepEqual(posts.connectOrCreate[0].create, written)
  assert.deepEqual([posts.upsert[0].create, posts.upsert[0].update], [written, written])
  assert.deepEqual(posts.updateMany[0].data, written)
  assert.deepEqual(posts.deleteMany[0].where, { equals: json('1') })
})

test('filters on Json: operators, a bare value, null', () => {
  const where = filter => translate(`findFirstUser (where: ${filter})`).query.arguments.where
  assert.deepEqual(where('{meta: {equals: "1", path: ["a"], string_contains: "b", array_contains: "[1]"}}').meta, {
    equals: json('1'),
    path: ['a'],
    string_contains: 'b',
    array_contains: json('[1]'),
  })
  assert.deepEqual(where('{meta: "1"}').meta, { equals: json('1') })
  assert.deepEqual(where('{meta: null}').meta, { equals: { $type: 'Enum', value: 'AnyNull' } })
  assert.deepEqual(where('{NOT: [{OR: [{posts: {some: {author: {is: {meta: {not: "1"}}}}}}]}]}').NOT[0].OR[0].posts.some.author.is.meta, {
    not: json('1'),
  })
})

test('null in the data of a Json field is no value, not the JSON null', () => {
  const { meta, name } = translate('createOneUser (data: {meta: null, name: null})').query.arguments.data
  assert.deepEqual(meta, { $type: 'Enum', value: 'DbNull' })
  assert.equal(name, null)
})

test('what is no query is refused', () => {
  for (const query of ['', '{', 'query { result: nonsenseUser }', 'query { result: findManyUser (', 'query { result: findManyUser (a: "', 'query { result: findManyUser (a 1) }'])
    assert.throws(() => toJsonProtocol(query, DATAMODEL), SyntaxError, query)
})
