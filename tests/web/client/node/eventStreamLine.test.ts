import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { EventStreamLine } from "../../../../web/src/client/eventStreamLine.ts";
import { PACE } from "../../../../web/src/client/line.ts";

const MOST_STREAMS = 4;

/** Answers nothing by itself: each request waits for the test to go on with it. */
const open: ServerResponse[] = [];
const server = createServer((_, answer) => {
  answer.writeHead(200, { "content-type": "text/event-stream" });
  answer.write("event: next\ndata: {}\n\n");
  answer.on("close", () => open.splice(open.indexOf(answer), 1));
  open.push(answer);
  server.emit("moved");
});

before(() => once(server.listen(0, "127.0.0.1"), "listening"));
after(() => {
  server.closeAllConnections();
  server.close();
});

let begun = 0;
const { fetch } = globalThis;
globalThis.fetch = (...request) => {
  begun++;
  server.emit("moved");
  return fetch(...request);
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await once(server, "moved");
}

const owner = { opened: () => {}, lost: () => assert.fail("lost") };

function subscribed(replies: number) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const line = new EventStreamLine({ url }, owner, PACE);
  const completed: number[] = [];
  const reading: number[] = [];
  const cancels = Array.from({ length: replies }, (_, number) =>
    line.subscribe(
      { query: "", variables: { number } },
      {
        next: () => {
          reading.push(number);
          server.emit("moved");
        },
        error: () => assert.fail("error"),
        complete: () => {
          completed.push(number);
          server.emit("moved");
        },
      },
    ),
  );
  return { line, completed, reading, cancels };
}

test("so few streams are open at a time that posts find a connection, and each that ends makes room", async () => {
  const { line, completed } = subscribed(7);
  for (let ended = 0; ended < 7; ended++) {
    assert.equal(begun, Math.min(MOST_STREAMS + ended, 7));
    await until(() => open.length > 0);
    open[0]?.end("event: complete\ndata:\n\n");
    await once(open[0]!, "close");
    await until(() => completed.length > ended && begun === Math.min(MOST_STREAMS + ended + 1, 7));
  }
  assert.deepEqual([...completed].sort(), [0, 1, 2, 3, 4, 5, 6]);
  line.close();
});

test("what is stopped is closed, and what had not begun never does", async () => {
  const { line, completed, reading, cancels } = subscribed(MOST_STREAMS + 1);
  await until(() => reading.length === MOST_STREAMS);
  for (const cancel of cancels.reverse()) cancel();
  while (open.length) await once(open[0]!, "close");
  assert.deepEqual(completed, []);
  line.close();
});
