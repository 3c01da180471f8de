// The trace in the middle: every message once, in its own scroll box.
//
// Every message has its place from the beginning; cards are drawn when they come near the sight.
// Up to a few hundred messages the rest follows in idle time, so that the browser's own search
// finds everything; of longer trajectories it finds what was near the sight.

import { el, fill, refill } from "./dom.js";
import { COLUMNS } from "./call.js";
import { drawCard, redrawHeading, signatureOf } from "./card.js";
import { placeTools } from "./corrected.js";
import { findingsByMessage } from "./findings.js";
import { keysHint } from "./keymap.js";
import { markChips } from "./marks.js";
import { pickingHere } from "./picking.js";
import { whenIdle } from "./painting.js";
import { openedResult } from "./result_view.js";
import { scrollTo } from "./scrolling.js";
import { openOf } from "./shown.js";
import { Spotlight, jumpHere, quoteRow } from "./source.js";
import { toolCatalogue } from "./tools.js";

const FIRST = 10;
const AROUND = 5; // cards on either side of the cursor that are there at once
const GROUP = 5; // neighbours that are drawn together: thousands of places would cost a layout
const SPARE_MS = 8;
const ALL = 600; // so many messages are all drawn in the end
const NEAR_PX = 1200; // above and below the sight
const EDGE_PX = 200; // so far beyond the sight it is drawn before the picture, the rest after it
const SETTLE_FRAMES = 5;

export class Trace {
  constructor(screen) {
    this.screen = screen;
    this.node = el("section", { class: "trace", tabindex: "-1", "aria-label": "Trace" });
    this.cards = new Map(); // message index -> {node, signature, round}, of those drawn
    this.groups = []; // {node, isDrawn} of GROUP neighbours each
    this.whole = el("div", { class: "wholemarks" });
    this.spotlight = new Spotlight();
    const follow = () => this.follow();
    this.node.addEventListener("scroll", follow, { passive: true });
    this.node.addEventListener("toggle", follow, true); // a fold: what is below comes nearer
    new ResizeObserver(follow).observe(this.node);
  }

  get session() {
    return this.screen.session;
  }

  draw() {
    const { view } = this.session;
    this.view = view;
    this.shown = view.messages.filter((m) => !m.answers).map((m) => m.index);
    this.at = new Map(this.shown.map((index, at) => [index, at])); // message index -> position
    this.findings = findingsByMessage(view);
    this.round = 0; // of annotations drawn; a card of an older round may show an older one
    this.near = [0, FIRST];
    this.state = this.session.stateOf(view.uid);
    this.spotlight.clear();
    this.pickingAt = pickingHere(this.session);
    this.drawWhole();
    this.cards = new Map();
    this.groups = this.shown.flatMap((_, at) =>
      at % GROUP === 0 ? [placeFor(view, this.shown.slice(at, at + GROUP))] : [],
    );
    const places = document.createDocumentFragment();
    for (const { node } of this.groups) places.append(node);
    fill(this.node, toolCatalogue(this.screen, view), this.whole, places);
    this.tendAll(0, FIRST);
    this.isFresh = true;
    this.continueLater();
  }

  /** The cards at these positions are drawn, and show what the annotation says now. */
  tendAll(from, to) {
    const until = Math.min(this.shown.length, to);
    for (let at = Math.max(0, from); at < until; at += 1) {
      const group = Math.floor(at / GROUP);
      if (!this.groups[group].isDrawn) this.drawGroup(group);
      this.tend(this.shown[at]);
    }
  }

  drawGroup(at) {
    const group = this.groups[at];
    const indexes = this.shown.slice(at * GROUP, (at + 1) * GROUP);
    group.isDrawn = true;
    group.node.removeAttribute("style");
    group.node.append(...indexes.map((index) => this.makeCard(index)));
  }

  tend(index) {
    const card = this.cards.get(index);
    if (card.round === this.round) return;
    card.round = this.round;
    const message = this.view.messages[index];
    const { heading, body } = signatureOf(this.session, message, this.state);
    if (card.signature.body !== body) card.node.replaceWith(this.makeCard(index));
    else if (card.signature.heading !== heading) {
      redrawHeading(this.screen, card.node, message, this.state, this.findings);
      card.signature.heading = heading;
    }
  }

  /** What is not near the sight is drawn when there is nothing else to do. */
  continueLater() {
    const { view } = this;
    if (this.shown.length > ALL) return;
    const run = (this.run = {}); // a later one takes over
    let at = 0;
    const work = (deadline) => {
      if (this.run !== run || this.view !== view || !this.node.isConnected) return;
      this.session.asIf(view.uid, () => {
        do this.tendAll(at, (at += GROUP));
        while (at < this.shown.length && deadline?.timeRemaining() > SPARE_MS);
      });
      if (at < this.shown.length) whenIdle(work);
    };
    whenIdle(work);
  }

  /** The box was scrolled, or sizes changed: draw what came near. */
  follow() {
    if (!this.view || this.following) return;
    this.following = true;
    requestAnimationFrame(() => {
      this.following = false;
      this.tendNear(EDGE_PX);
      whenIdle(() => this.tendNear(NEAR_PX));
    });
  }

  /** Draw what is in sight and so many pixels around it. */
  tendNear(px) {
    if (!this.view || !this.node.isConnected) return;
    const { scrollTop, clientHeight } = this.node;
    this.near = [
      GROUP * this.groupAt(scrollTop - px),
      GROUP * (this.groupAt(scrollTop + clientHeight + px) + 1),
    ];
    this.session.asIf(this.view.uid, () => this.tendAll(...this.near));
  }

  /** The group of cards that stands at a height of the box. */
  groupAt(y) {
    let low = 0;
    let high = this.groups.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.groups[middle].node.offsetTop <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /** Not on screen any more: nothing here is selected. */
  leave() {
    this.view = null;
    cancelAnimationFrame(this.again);
    this.node.querySelectorAll(".here").forEach((node) => node.classList.remove("here"));
  }

  makeCard(index) {
    const message = this.session.view.messages[index];
    const signature = signatureOf(this.session, message, this.state);
    const node = drawCard(this.screen, message, this.state, this.findings);
    node.style.containIntrinsicBlockSize = `auto ${likelyHeight(message)}px`;
    this.cards.set(index, { node, signature, round: this.round });
    return node;
  }

  /** Redraw one card (its editor was opened or closed, a fold changed). */
  redraw(index) {
    const card = this.cards.get(index);
    if (!card) return;
    this.state = this.session.stateOf(this.session.current);
    card.node.replaceWith(this.makeCard(index));
    this.drawCursor();
  }

  /** What is near the sight is drawn anew; the rest when it comes near, or in idle time. */
  drawAnnotation() {
    const { view } = this.session;
    this.view = view; // it may have been fetched anew
    this.state = this.session.stateOf(view.uid);
    this.round += 1;
    this.drawWhole();
    this.tendAll(...this.near);
    if (!this.isCursorDrawn()) this.drawCursor();
    this.continueLater();
  }

  drawWhole() {
    const marks = this.state.annotation.marks.filter((m) => m.anchor.message_index === null);
    const placeless = this.findings.get(null) || [];
    refill(this.whole, [marks.length > 0 && this.state.annotation.marks, placeless], () => [
      marks.length > 0 ? el("span", { class: "dim", text: "Whole trajectory " }) : null,
      markChips(this.screen, marks),
      placeless.map((f) =>
        el("div", { class: `finding ${f.severity}`, text: `${f.severity}: ${f.message}` }),
      ),
    ]);
    this.whole.hidden = marks.length === 0 && placeless.length === 0;
  }

  /** Show what is selected; scrolling is separate (`reveal`), so that all writing comes first. */
  drawCursor() {
    const { cursor } = this.session;
    if (cursor.span) this.seenAt = cursor; // words are picked where they are in sight
    this.drawPicking();
    this.node.querySelectorAll(".here").forEach((node) => node.classList.remove("here"));
    this.quote?.remove();
    this.place = null;
    this.plain = null;
    const at = cursor.message === null ? undefined : this.at.get(cursor.message);
    if (at === undefined) {
      this.spotlight.clear();
      return;
    }
    this.tendAll(at - AROUND, at + AROUND + 1);
    const card = this.cards.get(cursor.message).node;
    card.classList.add("here");
    const call = card.querySelector(`.call[data-call="${cursor.call}"]`);
    call?.classList.add("here");
    const row = call && cursor.pointer !== null ? findRow(call, cursor.pointer) : null;
    row?.classList.add("here");
    this.quote = row ? quoteRow(this.screen, COLUMNS.length) : null;
    if (this.quote) row.after(this.quote);
    const lit = this.drawSource(card, call);
    this.place = { card, spot: lit || row || call || card };
    placeTools(this.screen, card);
    const isPlain = !lit && !this.pickingAt && !openOf(this.session);
    this.plain = isPlain ? { view: this.view, cursor, card } : null;
  }

  /** Whether the selection is on screen already, and nothing with it that changes by itself. */
  isCursorDrawn() {
    const { view, cursor, card } = this.plain || {};
    if (!card || view !== this.view || cursor !== this.session.cursor) return false;
    const isPlain = !jumpHere(this.session) && !pickingHere(this.session) && !openOf(this.session);
    return isPlain && this.cards.get(cursor.message)?.node === card && card.classList.contains("here");
  }

  /** The words being picked: the card shows its text as it is stored, and the light moves in it. */
  drawPicking() {
    const picking = pickingHere(this.session);
    const drawn = this.pickingAt; // {message, field} of the card that is drawn so
    const isSame = drawn && picking && drawn.message === picking.message && drawn.field === picking.field;
    const view = isSame ? this.cards.get(picking.message)?.node.querySelector(".picking")?.pickingView : null;
    if (view) view.update(picking);
    else if (drawn || picking) {
      this.pickingAt = picking;
      for (const index of new Set([drawn?.message, picking?.message])) if (index !== undefined) this.replaceCard(index);
    }
  }

  replaceCard(index) {
    this.state = this.session.stateOf(this.session.current);
    this.cards.get(index)?.node.replaceWith(this.makeCard(index));
  }

  /** Show the words a mark is on. */
  showSpan(mark) {
    const card = this.cards.get(mark.anchor.message_index)?.node;
    if (!card) return;
    const find = () => card.querySelector(`mark.span[data-mark="${CSS.escape(mark.mark_id)}"]`);
    if (!find()) for (const fold of card.querySelectorAll(":scope > .fold, :scope > .said > .fold")) fold.openNow?.();
    const lit = find();
    if (!lit) {
      this.session.say("These words cannot be shown in this layout; the chip quotes them.");
      return;
    }
    lit.scrollIntoView({ block: "nearest" });
    lit.classList.remove("flash");
    void lit.offsetWidth; // restart the animation
    lit.classList.add("flash");
  }

  /** Highlight the source that was jumped to; its element, or null when there is none. */
  drawSource(card, call) {
    const jump = jumpHere(this.session);
    if (!jump) {
      this.spotlight.clear();
      return null;
    }
    const isResult = Boolean(this.session.view.messages[jump.found.at].answers);
    const box = isResult ? call?.querySelector(".result") : card.querySelector(":scope > .said");
    return this.spotlight.show(this.session, jump, box);
  }

  /** Scroll to the selection; again in the next frames, because the heights of cards that were
   * never painted are estimates until then, and what comes near is only then drawn. */
  reveal() {
    const isSeen = this.seenAt === this.session.cursor;
    this.seenAt = null;
    if (isSeen) return; // made ahead, and scrolled to this very place already
    scrollTo(this.node, this.place, this.isFresh);
    this.isFresh = false;
    this.settle(this.place, SETTLE_FRAMES);
  }

  settle(place, frames) {
    cancelAnimationFrame(this.again);
    this.again = requestAnimationFrame(() => {
      if (place && !place.card.isConnected) return; // drawn anew: somebody else scrolls
      const hasMoved = scrollTo(this.node, place, false);
      if (frames === SETTLE_FRAMES) this.follow();
      if (frames > 1 && (hasMoved || frames > SETTLE_FRAMES - 2)) this.settle(place, frames - 1);
    });
  }

  /** Scroll where the selection will be, without showing one. */
  revealUnseen() {
    this.drawCursor();
    this.reveal();
    // Further down, heights are estimates until they are seen: then it is scrolled to again.
    this.seenAt = this.node.scrollTop === 0 ? this.session.cursor : null;
    this.node.querySelectorAll(".here").forEach((node) => node.classList.remove("here"));
  }

  /** Filter the result of the selected call, or the selected result that answers none. */
  filterResult(cursor) {
    const message = this.view.messages[cursor.message];
    const called = message?.calls[cursor.call ?? 0];
    const index = called ? called.result : message?.role === "tool" ? message.index : null;
    if (index === null || !this.view.messages[index].text.trim()) {
      this.session.say(called ? "This call has no result text." : `Select a call first${keysHint("step-next", "step-previous")}.`);
      return;
    }
    const card = this.cards.get(cursor.message).node;
    const call = card.querySelector(`.call[data-call="${cursor.call ?? 0}"]`);
    const box = call?.querySelector(".result") || card.querySelector(":scope > .said");
    for (const fold of box.querySelectorAll("details.fold.holds")) fold.openNow();
    if (!box.querySelector(".resultview")) {
      const { text } = this.view.messages[index];
      box.querySelector("pre.plain").replaceWith(openedResult(this.session, index, text));
    }
    box.querySelector(".resultview").resultView.openFilter();
  }

  /** Open or close everything foldable in the selected message. */
  toggleFold() {
    const card = this.cards.get(this.session.cursor.message)?.node;
    const folds = card ? [...card.querySelectorAll("details")] : [];
    const open = !folds.some((fold) => fold.open);
    for (const fold of folds) fold.open = open;
    if (folds.length > 0) return;
    const parts = card ? [...card.querySelectorAll(".tree > .level > .branch > .fold")] : [];
    const isOpen = (part) => part.getAttribute("aria-expanded") === "true";
    const unfold = !parts.some(isOpen);
    for (const part of parts) if (isOpen(part) !== unfold) part.click();
    if (parts.length === 0) this.session.say("Nothing here is folded.");
  }
}

/** The place of messages whose cards are not drawn yet, about as high as the cards will be. */
function placeFor(view, indexes) {
  const height = indexes.reduce((sum, index) => sum + likelyHeight(view.messages[index]), 0);
  return { node: el("div", { class: "group", style: `height:${height}px` }), isDrawn: false };
}

function likelyHeight(message) {
  const lines = Math.min(24, Math.ceil(message.text.length / 110)) + 4 * message.calls.length;
  return 34 + 19 * Math.max(1, lines);
}

function findRow(call, pointer) {
  return [...call.querySelectorAll("tr[data-pointer]")].find((r) => r.dataset.pointer === pointer);
}
