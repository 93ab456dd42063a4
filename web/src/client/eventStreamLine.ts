import { EventStreamParser, type ServerSentEvent } from "./eventStream.ts";
import type { Line, LineOwner, Pace, Sink } from "./line.ts";
import { headers, type Place } from "./place.ts";
import { RequestError } from "./requestError.ts";
import { readResponse, type Response } from "./response.ts";
import type { Operation } from "./transportWs.ts";

/** Browsers open at most six connections to a host by HTTP/1; the rest is for posts. */
const MOST_STREAMS = 4;

interface Stream {
  operation: Operation;
  sink: Sink;
  abort: AbortController;
  begun: boolean;
  timer?: ReturnType<typeof setTimeout>;
  heardAt: number;
}

/**
 * graphql-sse, distinct connections: each operation is an HTTP request of its own. Where more are asked for than may be
 * open at a time, they take turns: a reply that has ended makes room for the next one.
 */
export class EventStreamLine implements Line {
  readonly #place: Place;
  readonly #owner: LineOwner;
  readonly #pace: Pace;
  readonly #streams = new Set<Stream>();
  /** Requests whose connection is not free yet. */
  #running = 0;
  #open = false;
  #over = false;

  constructor(place: Place, owner: LineOwner, pace: Pace) {
    this.#place = place;
    this.#owner = owner;
    this.#pace = pace;
  }

  subscribe(operation: Operation, sink: Sink): () => void {
    const stream: Stream = { operation, sink, abort: new AbortController(), begun: false, heardAt: 0 };
    this.#streams.add(stream);
    this.#beginNext();
    return () => this.#end(stream);
  }

  probe(): void {
    const now = Date.now();
    for (const each of this.#streams) {
      if (each.begun && now - each.heardAt > this.#pace.silence + this.#pace.hurriedAnswer) return this.#lose();
    }
  }

  close(): void {
    this.#over = true;
    for (const each of this.#streams) this.#end(each);
  }

  #beginNext(): void {
    const next = [...this.#streams].find((each) => !each.begun);
    if (!next || this.#running >= MOST_STREAMS || this.#over) return;
    next.begun = true;
    this.#running++;
    void this.#run(next).finally(() => {
      clearTimeout(next.timer);
      this.#running--;
      this.#beginNext();
    });
  }

  async #run(stream: Stream): Promise<void> {
    try {
      this.#heard(stream, this.#pace.connect);
      const body = await this.#ask(stream);
      if (!this.#streams.has(stream)) return;
      this.#begin();
      await this.#read(stream, body.getReader());
      // Without `complete` it was cut, by whatever stands between, or by a server that stops.
      if (this.#streams.has(stream)) this.#lose();
    } catch (error) {
      if (!this.#streams.has(stream)) return;
      const refused = error instanceof RequestError && !(error.code === "NOT_GRAPHQL" && error.retryable);
      if (!refused) return this.#lose();
      this.#end(stream);
      stream.sink.error(error);
    }
  }

  async #ask({ operation, abort }: Stream): Promise<ReadableStream<Uint8Array>> {
    const accept = { accept: "text/event-stream" };
    const init = { method: "POST", body: JSON.stringify(operation), signal: abort.signal };
    const answer = await fetch(this.#place.url, { ...init, headers: { ...headers(this.#place), ...accept } });
    if (answer.ok && answer.body && answer.headers.get("content-type")?.startsWith("text/event-stream")) {
      return answer.body;
    }
    const { errors } = await readResponse(answer);
    throw errors?.length ? RequestError.of(errors) : new RequestError("NOT_GRAPHQL", "The server sends no events");
  }

  async #read(stream: Stream, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const parser = new EventStreamParser();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.#heard(stream, this.#pace.streamSilence);
      for (const event of parser.push(piece.value)) if (this.#streams.has(stream)) this.#tell(stream, event);
    }
  }

  #tell(stream: Stream, { type, data }: ServerSentEvent): void {
    if (type === "next") return stream.sink.next(JSON.parse(data) as Response);
    if (type !== "complete") return;
    this.#streams.delete(stream);
    // It is read to its last byte, so that its connection can be used again.
    this.#limit(stream, () => stream.abort.abort(), this.#pace.answer);
    stream.sink.complete();
  }

  #heard(stream: Stream, patience: number): void {
    stream.heardAt = Date.now();
    if (this.#streams.has(stream)) this.#limit(stream, () => this.#lose(), patience);
  }

  #limit(stream: Stream, then: () => void, ms: number): void {
    clearTimeout(stream.timer);
    stream.timer = setTimeout(then, ms);
  }

  #begin(): void {
    if (this.#open) return;
    this.#open = true;
    this.#owner.opened();
  }

  #end(stream: Stream): void {
    clearTimeout(stream.timer);
    if (this.#streams.delete(stream)) stream.abort.abort();
  }

  #lose(): void {
    if (this.#over) return;
    this.close();
    this.#owner.lost();
  }
}
