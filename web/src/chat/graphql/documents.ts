// Every operation of the chat page. A test holds them to the schema.

/** Of a message that has ended: what its text does not say. */
export const ENDED = `id status model finishReason
  usage { promptTokens completionTokens totalTokens source }
  error { code message retryable }`;

const MESSAGE = `${ENDED} role content reasoning seq createdAt parent { id } siblings { id }`;
const CONVERSATION = "id title model archived updatedAt activeCompletion { id seq }";
const MESSAGES = `nodes { ${MESSAGE} } pageInfo { hasPreviousPage startCursor }`;
const STARTED = `{ conversation { ${CONVERSATION} } message { ${MESSAGE} } reply { ${MESSAGE} } }`;

export const THREAD = `query Thread($id: ID!, $last: Int!) {
  conversation(id: $id) { ${CONVERSATION} messages(last: $last) { ${MESSAGES} } }
}`;

export const OLDER_MESSAGES = `query OlderMessages($id: ID!, $last: Int!, $before: String!) {
  conversation(id: $id) { messages(last: $last, before: $before) { ${MESSAGES} } }
}`;

export const MESSAGE_PLACE = "query MessagePlace($id: ID!) { message(id: $id) { conversation { id } } }";

export const CONVERSATIONS = `query Conversations($first: Int!, $after: String, $archived: Boolean!) {
  conversations(first: $first, after: $after, archived: $archived) {
    nodes { ${CONVERSATION} } pageInfo { hasNextPage endCursor }
  }
}`;

export const SEARCH = `query Search($query: String!, $first: Int!, $after: String) {
  searchMessages(query: $query, first: $first, after: $after) {
    edges { headline node { id role conversation { id title archived } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

export const MODELS = "query Models { models { id ownedBy } }";

export const POST = `mutation Post($input: PostMessageInput!) { started: postMessage(input: $input) ${STARTED} }`;
export const EDIT = `mutation Edit($input: EditMessageInput!) { started: editMessage(input: $input) ${STARTED} }`;
export const REGENERATE = `mutation Regenerate($input: RegenerateInput!) {
  started: regenerate(input: $input) ${STARTED}
}`;

export const SELECT_BRANCH = `mutation SelectBranch($id: ID!, $last: Int!) {
  conversation: selectBranch(messageId: $id) { ${CONVERSATION} messages(last: $last) { ${MESSAGES} } }
}`;

export const STOP = `mutation Stop($id: ID!) { message: stopCompletion(messageId: $id) { ${MESSAGE} } }`;

export const UPDATE_CONVERSATION = `mutation UpdateConversation($input: UpdateConversationInput!) {
  conversation: updateConversation(input: $input) { ${CONVERSATION} }
}`;

export const DELETE_CONVERSATION = "mutation DeleteConversation($id: ID!) { deleteConversation(id: $id) }";
