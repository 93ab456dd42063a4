import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamParser, type ServerSentEvent } from "../../../../web/src/client/eventStream.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function parse(...pieces: (string | Uint8Array)[]): ServerSentEvent[] {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(typeof piece === "string" ? encode(piece) : piece));
}

/** The same bytes, one at a time, and in every two pieces. */
function everyCut(bytes: Uint8Array): ServerSentEvent[][] {
  const single = parse(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
  return [single, ...Array.from(bytes, (_, at) => parse(bytes.subarray(0, at), bytes.subarray(at)))];
}

const TEXT = `:\n\nevent: next\ndata: {"a":"né 你好 🦜 \\n"}\n\n: kept alive\n\nevent: complete\ndata:\n\n`;
const EVENTS = [
  { type: "next", data: '{"a":"né 你好 🦜 \\n"}' },
  { type: "complete", data: "" },
];

for (const [name, end] of Object.entries({ LF: "\n", CR: "\r", CRLF: "\r\n" })) {
  test(`events are the same wherever their bytes are cut, with lines that end in ${name}`, () => {
    const bytes = encode(TEXT.replaceAll("\n", end));
    for (const events of everyCut(bytes)) assert.deepEqual(events, EVENTS);
  });
}

test("what a broken connection left of an event is nothing", () => {
  const bytes = encode(TEXT);
  for (let length = 0; length < bytes.length; length++) {
    const events = parse(bytes.subarray(0, length));
    assert.deepEqual(events, EVENTS.slice(0, events.length));
  }
  assert.equal(parse(bytes.subarray(0, -1)).length, 1);
});

test("fields are read as the standard has them", () => {
  assert.deepEqual(parse("\uFEFFdata:a\ndata:  b\nid: 7\nretry: 1\nunknown\n\n"), [{ type: "message", data: "a\n b" }]);
  assert.deepEqual(parse("data\n\n"), [{ type: "message", data: "" }]);
  assert.deepEqual(parse("event: next\n\ndata: x\n\n"), [{ type: "message", data: "x" }]);
});

test("a piece without a byte is no piece", () => {
  assert.deepEqual(parse("data: a\r", "", "\ndata: b\r\n\r\n"), [{ type: "message", data: "a\nb" }]);
});

test("characters that end no line stay in it", () => {
  const odd = "a\u2028b\u2029c\u0085d\ve\ff\0g";
  assert.deepEqual(parse(`data: ${odd}\n\n`), [{ type: "message", data: odd }]);
});

test("a line of megabytes in small pieces costs its length", () => {
  const parser = new EventStreamParser();
  const piece = encode("x".repeat(1024));
  parser.push(encode("data: "));
  const started = process.cpuUsage();
  for (let each = 0; each < 16 * 1024; each++) parser.push(piece);
  const [event] = parser.push(encode("\n\n"));
  const { user } = process.cpuUsage(started);
  assert.equal(event?.data.length, 16 * 1024 * 1024);
  assert.ok(user < 5_000_000, `${user} µs`); // one search of the whole line for each piece would be a minute
});
