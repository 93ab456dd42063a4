import { liveness, type Heard } from "./liveness.ts";
import type { Line, LineOwner, Pace, Sink } from "./line.ts";
import { credentials, socketUrl, type Place } from "./place.ts";
import { RequestError } from "./requestError.ts";
import {
  readMessage,
  refusalOf,
  SUBPROTOCOL,
  type ClientMessage,
  type Operation,
  type ServerMessage,
} from "./transportWs.ts";

interface Subscription {
  operation: Operation;
  sink: Sink;
}

/** One WebSocket, any number of operations. */
export class WebSocketLine implements Line {
  readonly #owner: LineOwner;
  readonly #pace: Pace;
  readonly #socket: WebSocket | undefined;
  readonly #subscriptions = new Map<string, Subscription>();
  #heard: Heard;
  #number = 0;
  #open = false;
  #over = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(place: Place, owner: LineOwner, pace: Pace, Socket: typeof WebSocket) {
    this.#owner = owner;
    this.#pace = pace;
    this.#heard = { at: Date.now(), asked: { at: Date.now(), patience: pace.connect } };
    try {
      this.#socket = new Socket(socketUrl(place), SUBPROTOCOL);
    } catch {
      // A policy of the page forbids it. The owner hears of it as of any other loss: later.
      this.#timer = setTimeout(() => this.#lose());
      return;
    }
    this.#socket.onopen = () => this.#send({ type: "connection_init", payload: credentials(place) });
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code, reason }) => this.#lose(refusalOf(code, reason));
    // A close follows each error; but whoever has no listener for it may have the error thrown at them.
    this.#socket.onerror = () => {};
    this.#watch();
  }

  subscribe(operation: Operation, sink: Sink): () => void {
    const id = String(++this.#number);
    this.#subscriptions.set(id, { operation, sink });
    if (this.#open) this.#send({ type: "subscribe", id, payload: operation });
    return () => {
      if (this.#subscriptions.delete(id) && this.#open) this.#send({ type: "complete", id });
    };
  }

  probe(): void {
    const patience = this.#pace.hurriedAnswer;
    if (this.#open) this.#ask(patience);
    // An attempt from before the machine slept would be waited for in vain.
    else if (this.#heard.asked) this.#heard.asked.patience = Math.min(this.#heard.asked.patience, patience);
    this.#watch();
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#subscriptions.clear();
    this.#socket?.close(1000);
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    const message = readMessage(data);
    if (!message) return this.#lose();
    const connecting = !this.#open && message.type !== "connection_ack";
    this.#heard = { at: Date.now(), asked: connecting ? this.#heard.asked : undefined };
    this.#handle(message);
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case "connection_ack":
        return this.#begin();
      case "ping":
        return this.#send({ type: "pong" });
      case "pong":
        return;
      case "next":
        return this.#subscriptions.get(message.id)?.sink.next(message.payload);
      case "error":
        return this.#end(message.id)?.error(RequestError.of(message.payload));
      case "complete":
        return this.#end(message.id)?.complete();
    }
  }

  #begin(): void {
    this.#open = true;
    for (const [id, { operation }] of this.#subscriptions) this.#send({ type: "subscribe", id, payload: operation });
    this.#watch();
    this.#owner.opened(); // who may subscribe more
  }

  #end(id: string): Sink | undefined {
    const sink = this.#subscriptions.get(id)?.sink;
    this.#subscriptions.delete(id);
    return sink;
  }

  #send(message: ClientMessage): void {
    // Throws only before the socket is open; after its end what is sent goes nowhere, and its end is told.
    if (!this.#over) this.#socket?.send(JSON.stringify(message));
  }

  #ask(patience: number): void {
    if (this.#heard.asked) return;
    this.#heard.asked = { at: Date.now(), patience };
    this.#send({ type: "ping" });
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#over) return;
    const next = liveness(this.#heard, Date.now(), this.#pace);
    if (next === "lost") return this.#lose();
    if (next === "ask") {
      this.#ask(this.#pace.answer);
      return this.#watch();
    }
    this.#timer = setTimeout(() => this.#watch(), next);
  }

  #lose(refusal?: RequestError): void {
    if (this.#over) return;
    this.close();
    this.#owner.lost(refusal);
  }
}
