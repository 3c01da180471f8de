// Gets acts from the outbox to the server: in order, one request at a time, until they are saved.

import { batch, describe, emptyOutbox, reduce, retryDelay } from "./outbox.js";
import { ALIVE_MS } from "./mirror.js";
import { afterPainting } from "./painting.js";

/**
 * Drives one outbox. `onChange` is told of every change, `onAnswer` of what the server said: it
 * takes the new truth in, then calls its third argument, which lets the answered ops leave.
 */
export class Sender {
  constructor({ mirror, api, onChange, onAnswer, onRefused }) {
    this.mirror = mirror;
    this.api = api;
    this.onChange = onChange;
    this.onAnswer = onAnswer;
    this.onRefused = onRefused;
    this.state = emptyOutbox();
    this.timer = null;
    this.holds = 0;
    this.waiters = [];
    setInterval(() => this.tick(), ALIVE_MS);
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("pagehide", () => this.mirror.write(this.state.ops, 0));
    this.adoptLeftovers();
  }

  /** Put an op in the outbox; it is on disk when this returns. It is sent once what it changed is
   * painted: sending, and what the studio then does on the same machine, would delay that. */
  add(op) {
    this.change({ type: "add", op });
    this.soon ||= afterPainting(() => {
      this.soon = null;
      this.kick();
    });
  }

  /** Use a new token (the page was mounted again). */
  readmit(api) {
    this.api = api;
    if (this.state.denied) {
      this.change({ type: "admitted" });
      this.kick();
    }
  }

  /** Try at once instead of at the end of the pause. */
  retryNow() {
    clearTimeout(this.timer);
    this.timer = null;
    this.kick();
  }

  /** Resolves when nothing is unsent, rejects when an attempt failed meanwhile. */
  drained() {
    if (this.state.ops.length === 0) return Promise.resolve();
    if (this.state.failures > 0 || this.state.denied) return Promise.reject(this.lastError());
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** Keep back new requests while `work` runs (a correction must not be overtaken). */
  async holding(work) {
    this.holds += 1;
    try {
      return await work();
    } finally {
      this.holds -= 1;
      this.kick();
    }
  }

  /** The page may go: what is unsent is on disk, and leaves now as well, whatever is on its way. */
  leave() {
    const sent = batch(this.state);
    if (sent.length === 0 || this.state.denied) return;
    this.api.acts(sent[0].sid, sent.map(onTheWire), { keepalive: true }).catch(() => {});
  }

  describe() {
    return describe(this.state, Date.now());
  }

  async kick() {
    const { ops, inflight, denied } = this.state;
    if (ops.length === 0 || inflight > 0 || denied || this.holds > 0 || this.timer !== null) return;
    const sent = batch(this.state);
    const session = sent[0].sid;
    this.change({ type: "sending" });
    let answer = null;
    try {
      answer = await this.api.acts(session, sent.map(onTheWire));
    } catch (problem) {
      this.attemptFailed(problem, sent);
    }
    if (answer) {
      this.onAnswer(answer, sent, () =>
        this.change({ type: "answered", session, acked: answer.acked }),
      );
    }
    this.settle();
    this.kick();
  }

  attemptFailed(problem, sent) {
    if (problem.kind === "denied") this.change({ type: "denied", message: problem.message });
    else if (problem.kind === "refused") {
      this.change({ type: "refused" });
      if (sent.length === 1) this.onRefused(sent[0], problem.message, problem.hint);
    } else {
      this.change({ type: "failed", message: problem.message });
      this.timer = setTimeout(() => this.retryNow(), retryDelay(this.state.failures));
    }
  }

  settle() {
    const { ops, failures, denied } = this.state;
    const waiters = this.waiters;
    if (ops.length > 0 && failures === 0 && !denied) return;
    this.waiters = [];
    for (const w of waiters) ops.length === 0 ? w.resolve() : w.reject(this.lastError());
  }

  lastError() {
    return new Error(this.state.error || "Earlier acts are not saved yet.");
  }

  change(event) {
    const before = this.state.ops;
    this.state = reduce(this.state, event);
    if (this.state.ops !== before) this.mirror.write(this.state.ops);
    this.onChange();
  }

  tick() {
    if (this.state.ops.length === 0) return;
    this.mirror.write(this.state.ops);
    this.onChange(); // "sending" becomes "slow" by the clock alone
  }

  adoptLeftovers() {
    const { ops, keys, waiting } = this.mirror.leftovers();
    if (ops.length > 0) {
      this.change({ type: "adopt", ops });
      this.kick();
    }
    if (this.mirror.working) this.mirror.forget(keys);
    if (waiting) setTimeout(() => this.adoptLeftovers(), ALIVE_MS);
  }
}

function onTheWire({ n, uid, kind, payload, batch }) {
  return { n, uid, kind, payload, batch };
}
