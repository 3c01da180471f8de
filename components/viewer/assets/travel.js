// Going from one trajectory to another: prefetch, next, back, deep links, giving claims back.
//
// The next trajectory is claimed and fetched while the current one is read, so that "next" is only
// painting. Nothing here waits for a save; what may not be left unsaved is the session's business.

import { plural } from "./dom.js";
import { afterPainting } from "./painting.js";

const RENEW_MS = 4 * 60_000;
const RETRY_MS = 1500;
const PREFETCH_AFTER_MS = 80; // painting this one comes first; whoever is quicker asks at once

export class Travel {
  constructor(session) {
    this.session = session;
    this.fetching = false;
    this.wanted = null; // uid being fetched because it was asked for by name
    this.onShown = () => {};
    session.onTaken = (uid) => this.visit(uid);
    setInterval(() => this.renew(), RENEW_MS);
    document.addEventListener("visibilitychange", () => this.renew()); // a laptop woke up
    window.addEventListener("pagehide", () => this.giveBack());
  }

  /** Open what the address asks for, else stay where we are, else ask the queue. */
  start() {
    const s = this.session;
    this.writeAddress();
    // The address, not the boot data: Streamlit may draw with an address of a moment ago.
    const uid = new URL(window.location.href).searchParams.get("t");
    if (uid && uid !== s.current && uid !== this.wanted) this.visit(uid);
    else if (s.phase === "view") this.address(s.current);
    else if (!this.wanted) this.advance();
  }

  /** The next trajectory: on screen in this very call when it is already here. */
  advance() {
    const s = this.session;
    const next = s.deck.shift();
    if (next) this.show(next);
    else {
      this.leave();
      this.wait("waiting");
      this.fetchNext();
    }
  }

  /** Put a known trajectory on screen. */
  show(uid) {
    const s = this.session;
    if (s.current !== uid) this.leave();
    s.deck = s.deck.filter((other) => other !== uid);
    s.current = uid;
    s.phase = "view";
    s.problem = null;
    s.leader = null;
    this.wanted = null;
    this.address(uid);
    if (s.toast && !s.toast.bad && s.toast.of && s.toast.of !== uid) {
      s.toast = null;
      s.emit("toast");
    }
    s.emit("view");
    setTimeout(() => this.fetchNext(), PREFETCH_AFTER_MS);
    this.onShown();
  }

  /** Go to a trajectory that may have to be fetched; the one on screen comes right after it. */
  async visit(uid) {
    const s = this.session;
    if (s.current && s.current !== uid && !this.isSettled(s.current)) s.deck.unshift(s.current);
    if (s.views.has(uid)) {
      this.show(uid);
      return;
    }
    this.leave();
    this.wait("waiting", uid);
    try {
      const { view } = await s.api.view(uid);
      s.keep(view);
      if (this.wanted === uid) this.show(uid);
    } catch (problem) {
      if (this.wanted === uid) this.fail(problem, () => this.visit(uid));
    }
  }

  /** Back to the trajectory that was on screen before this one. */
  back() {
    const s = this.session;
    const uid = s.trail.pop();
    if (!uid) {
      s.say("This is the first one of this sitting.");
      return;
    }
    const here = s.current;
    if (here) s.deck.unshift(here);
    s.current = null; // going back leaves no trail of its own
    this.visit(uid);
  }

  /** Leave this one for later. */
  pass() {
    const s = this.session;
    if (s.current && !this.isSettled(s.current)) s.passed.add(s.current);
    this.advance();
  }

  isSettled(uid) {
    const { committed, dirty } = this.session.stateOf(uid);
    return committed && !dirty;
  }

  leave() {
    const s = this.session;
    if (!s.current) return;
    s.trail = s.trail.filter((uid) => uid !== s.current);
    s.trail.push(s.current);
    if (s.trail.length > 100) s.trail.shift();
    s.current = null;
  }

  /** Nothing is on screen: the next one of the queue is awaited, or `wanted`. */
  wait(phase, wanted = null) {
    const s = this.session;
    s.current = null;
    s.phase = phase;
    s.leader = null;
    this.wanted = wanted;
    this.address(wanted);
    s.emit("view");
  }

  /** Ask the queue for one more, unless one is waiting already. */
  async fetchNext() {
    const s = this.session;
    if (this.fetching || s.deck.length > 0) return;
    this.fetching = true;
    try {
      const view = await this.askQueue();
      if (view) {
        s.keep(view);
        s.claimed.add(view.uid);
        s.deck.push(view.uid);
        s.emit("deck");
      }
      this.fetching = false;
      if (s.phase === "waiting" && !this.wanted) this.arrived();
    } catch (problem) {
      this.fetching = false;
      if (s.phase === "waiting" && !this.wanted) this.fail(problem, () => this.advance());
    }
  }

  async askQueue() {
    const s = this.session;
    const excluded = this.excluded();
    let answer = await s.api.next(s.boot.dataset, excluded);
    if (!answer.view && s.passed.size > 0) {
      s.passed.clear();
      answer = await s.api.next(s.boot.dataset, this.excluded());
    }
    s.progress = answer.progress;
    s.emit("progress");
    const known = answer.view && (s.deck.includes(answer.view.uid) || s.current === answer.view.uid);
    return known ? null : answer.view;
  }

  /** What the queue must not hand out again: on screen, on deck, left for later, commit unsent. */
  excluded() {
    const s = this.session;
    const unsent = s.sender.state.ops.filter((op) => op.kind === "commit").map((op) => op.uid);
    return [...new Set([s.current, ...s.deck, ...s.passed, ...unsent])].filter(Boolean);
  }

  arrived() {
    const s = this.session;
    if (s.deck.length > 0) this.show(s.deck.shift());
    else {
      s.phase = "empty";
      s.problem = null;
      if (s.pending.length > 0) {
        s.say(`The queue is empty; ${plural(s.pending.length, "key")} pressed ahead came to nothing.`);
        s.pending = [];
      }
      s.emit("view");
    }
  }

  /** No trajectory could be had. Unreachable servers are asked again; refusals are shown. */
  fail(problem, again) {
    const s = this.session;
    s.phase = "failed";
    const { message, hint } = problem;
    s.problem = { kind: problem.kind || "network", message, hint, wanted: this.wanted };
    s.emit("view");
    if (s.problem.kind !== "network") return;
    setTimeout(() => {
      if (s.phase !== "failed") return;
      s.phase = "waiting";
      again();
    }, RETRY_MS);
  }

  /** The address names what is on screen, so that a reload or a shared link finds it. */
  address(uid) {
    this.unwritten = { uid };
    afterPainting(() => this.writeAddress());
  }

  writeAddress() {
    if (!this.unwritten) return;
    const { uid } = this.unwritten;
    this.unwritten = null;
    const url = new URL(window.location.href);
    if (url.searchParams.get("t") === uid) return;
    if (uid) url.searchParams.set("t", uid);
    else url.searchParams.delete("t");
    window.history.replaceState(window.history.state, "", url);
  }

  renew() {
    const s = this.session;
    const held = [s.current, ...s.deck].filter(Boolean);
    if (held.length === 0 || document.hidden || s.listeners.size === 0) return;
    s.api.renew(held).then(
      (answer) => this.keepOnly(held, answer.held),
      () => {}, // the next act renews it as well
    );
  }

  /** Claims that ran out and were taken by somebody else: what was not begun is theirs now. */
  keepOnly(asked, held) {
    const s = this.session;
    const lost = asked.filter((uid) => s.claimed.has(uid) && !held.includes(uid));
    for (const uid of lost) s.claimed.delete(uid);
    const left = s.deck.filter((uid) => !lost.includes(uid));
    if (left.length < s.deck.length) {
      s.deck = left;
      s.emit("deck");
      this.fetchNext();
    }
    if (lost.includes(s.current) && !s.stateOf(s.current).committed) {
      s.say("Your claim on this one ran out: somebody else may be annotating it too. What you say still counts.");
    }
  }

  /** Give back what was claimed ahead, when the annotator leaves. */
  giveBack() {
    const s = this.session;
    const ahead = s.deck.filter((uid) => s.stateOf(uid).annotation.outcome === null);
    if (ahead.length === 0) return;
    s.deck = s.deck.filter((uid) => !ahead.includes(uid));
    s.api.release(ahead).catch(() => {}); // the lease runs out by itself
  }
}
