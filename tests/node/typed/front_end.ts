// A chat front end that is typed by the schema: every name in it is checked when it is compiled.
//
//   node front_end.js URL PROMPT
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { createClient } from 'graphql-sse'
import { ConversationDocument, FollowDocument, ModelsDocument, PostDocument } from './generated.js'

declare const process: { argv: string[] }
const [, , url = '', prompt = ''] = process.argv
const client = createClient({ url })

async function* run<Data extends Record<string, unknown>, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data> {
  for await (const { data, errors } of client.iterate<Data>({ query: print(document), variables })) {
    if (errors || !data) throw new Error(JSON.stringify(errors))
    yield data
  }
}

async function once<Data extends Record<string, unknown>, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  for await (const data of run(document, variables)) return data
  throw new Error('no answer')
}

const { models } = await once(ModelsDocument, {})
const { postMessage } = await once(PostDocument, { input: { content: prompt } })
const reply = postMessage.reply
if (!reply) throw new Error('no reply')
let text = ''
for await (const { completion } of run(FollowDocument, { id: reply.id, after: 0 })) {
  if (completion.__typename === 'CompletionEnd') console.log(JSON.stringify({ text, end: completion.message }))
  else text += completion.content
}
const { conversation } = await once(ConversationDocument, { id: postMessage.conversation.id, first: 10 })
console.log(JSON.stringify({ models, roles: conversation?.messages.edges.map(({ node }) => node.role) }))
client.dispose()
