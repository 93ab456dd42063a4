// What relay-compiler reads; nothing runs this file.
import { graphql } from 'relay-runtime'

graphql`
  query frontEndModelsQuery {
    models {
      id
    }
  }
`
graphql`
  mutation frontEndPostMutation($input: PostMessageInput!) {
    postMessage(input: $input) {
      reply {
        id
      }
    }
  }
`
graphql`
  subscription frontEndFollowSubscription($id: ID!, $after: Int) {
    completion(messageId: $id, after: $after) {
      __typename
      seq
      ... on CompletionDelta {
        content
      }
      ... on CompletionEnd {
        message {
          id
          status
          content
        }
      }
    }
  }
`
