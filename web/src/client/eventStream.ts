/** One event of a stream, as the HTML standard has it (9.2.6). */
export interface ServerSentEvent {
  type: string;
  data: string;
}

/**
 * Reads an event stream from bytes as they come, cut anywhere. An event is there once its empty line is: what a broken
 * connection left of one is nothing.
 */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  /** Of the line that has not ended: joined once, so that a line of megabytes costs its length. */
  #line: string[] = [];
  #afterReturn = false;
  #type = "";
  #data: string[] = [];

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const text = this.#decoder.decode(bytes, { stream: true });
    // A carriage return ends its line at once; a line feed right after it, in whatever piece, is part of the same end.
    let start = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    if (text) this.#afterReturn = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      this.#line.push(text.slice(start, end.index));
      start = ends.lastIndex;
      const event = this.#take(this.#line.join(""));
      this.#line = [];
      if (event) events.push(event);
    }
    if (start < text.length) this.#line.push(text.slice(start));
    return events;
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#event();
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") this.#type = value;
    if (field === "data") this.#data.push(value);
    return undefined;
  }

  #event(): ServerSentEvent | undefined {
    const event = { type: this.#type || "message", data: this.#data.join("\n") };
    const empty = !this.#data.length;
    this.#type = "";
    this.#data = [];
    return empty ? undefined : event;
  }
}
