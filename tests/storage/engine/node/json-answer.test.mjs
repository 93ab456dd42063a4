import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toGraphqlAnswer } from '../../../../app/storage/engine/json-answer.mjs'

const typed = (type, value) => `{"$type":"${type}","value":${JSON.stringify(value)}}`

test('data is put under result, whatever the operation', () => {
  assert.equal(toGraphqlAnswer('{"data":{"findManyUser":[{"id":1}]}}'), '{"data":{"result":[{"id":1}]}}')
  assert.equal(toGraphqlAnswer('{"data":{"findFirstUser":null}}'), '{"data":{"result":null}}')
})

test('typed values become bare ones', () => {
  const record = `{"big":${typed('BigInt', '-9223372036854775808')},"at":${typed('DateTime', '2024-02-29T00:00:00.000Z')},"b":${typed('Bytes', 'AP8=')}}`
  assert.equal(
    toGraphqlAnswer(`{"data":{"x":${record}}}`),
    '{"data":{"result":{"big":-9223372036854775808,"at":"2024-02-29T00:00:00.000Z","b":"AP8="}}}',
  )
})

test('decimals lose the zeros that say nothing, and no others', () => {
  for (const [given, expected] of [['1.500', '1.5'], ['700.000', '700'], ['700', '700'], ['0.100100', '0.1001'], ['-10', '-10'], ['0', '0']])
    assert.equal(toGraphqlAnswer(`{"data":{"x":${typed('Decimal', given)}}}`), `{"data":{"result":"${expected}"}}`)
})

test('Json stays the text that it is', () => {
  const value = JSON.stringify({ $type: 'BigInt', value: '1', text: 'a "quoted" \\ \u2028' })
  const answer = JSON.parse(toGraphqlAnswer(`{"data":{"x":${typed('Json', value)}}}`))
  assert.equal(answer.data.result, value)
})

test('strings that look like typed values are left alone', () => {
  const text = typed('BigInt', '12')
  const answer = JSON.parse(toGraphqlAnswer(`{"data":{"x":{"text":${JSON.stringify(text)}}}}`))
  assert.equal(answer.data.result.text, text)
})

test('rows of raw queries are left alone', () => {
  const rows = `{"columns":["a"],"types":["json"],"rows":[[${typed('BigInt', '12')}]]}`
  assert.equal(toGraphqlAnswer(`{"data":{"queryRaw":${rows}}}`), `{"data":{"result":${rows}}}`)
})

test('errors always have a meta, which the client looks into', () => {
  assert.equal(toGraphqlAnswer('{"errors":[{"user_facing_error":{"meta":null}}]}'), '{"errors":[{"user_facing_error":{"meta":{}}}]}')
})
