#!/usr/bin/env bash
# Posts a message and prints the answer while it is generated, however often the connection is lost.
set -euo pipefail

url=${PARLEY_URL:-http://127.0.0.1:8000}/graphql
prompt=${*:-Tell me a long story}
headers=(-H 'content-type: application/json' ${PARLEY_KEY:+-H "authorization: Bearer $PARLEY_KEY"})
post='mutation ($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }'
follow='subscription ($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    seq
    ... on CompletionDelta { content }
    ... on CompletionSnapshot { content }
    ... on CompletionEnd { message { status } }
  }
}'

key=$(date +%s%N)-$RANDOM # asked twice, it is posted once
reply=$(jq -n --arg query "$post" --arg content "$prompt" --arg key "$key" \
  '{$query, variables: {input: {$content, idempotencyKey: $key}}}' |
  curl -sS --retry 20 --retry-connrefused "${headers[@]}" -d @- "$url" |
  jq -er '.data.postMessage.reply.id // error(.errors[0].message)')

# Of an event its seq, the status once the answer has ended, and on the lines after them what is new of the text. In place of
# a seq an error has a dash, and its code only where the same will not go well another time.
read_event='if .data.completion
  then .data.completion | "\(.seq) \(.message.status // "")\n\(.content // "")"
  else .errors[0] | "- \(if .extensions.retryable then "" else .extensions.code end)\n\(.message)\n" end'

after=0 status=
while [[ -z $status ]]; do
  # An event is one line of data. What the connection broke off has no line end, and is not read; a refusal has none, too.
  while IFS= read -r line || [[ $line == '{'* ]]; do
    [[ $line == *'{'* ]] || continue
    { read -r seq status && cat; } < <(jq -j "$read_event" <<<"${line#data: }")
    [[ $seq == - ]] || after=$seq
  done < <(jq -n --arg query "$follow" --arg id "$reply" --argjson after "$after" '{$query, variables: {$id, $after}}' |
    curl -sN "${headers[@]}" -H 'accept: text/event-stream' -d @- "$url" || true)
  [[ -n $status ]] || sleep 0.5
done
printf '\n%s\n' "$status"
[[ $seq != - ]]
