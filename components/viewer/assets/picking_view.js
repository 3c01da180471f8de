// A span being picked: the message's text as it is stored, the picked words lit, and the keys.

import { el, keycap } from "./dom.js";
import { fieldsOf, pickedUnits, pickingHere } from "./picking.js";
import { keyOf } from "./keymap.js";

/** What the card of a message depends on while a span is picked in it. */
export function pickingSignature(session, message) {
  const picking = pickingHere(session);
  return picking?.message === message.index ? picking.field : "";
}

/** The text of one field of a message with what is picked; `update(picking)` moves the light. */
export class PickingView {
  constructor(session, picking) {
    const message = session.view.messages[picking.message];
    this.before = document.createTextNode("");
    this.after = document.createTextNode("");
    this.words = document.createTextNode("");
    this.lit = el("mark", { class: "picked" }, this.words);
    this.said = el("span", { class: "seen", role: "status" });
    this.keys = el("div", { class: "pickkeys dim" }, keysOf(message));
    this.node = el(
      "div",
      { class: "picking", "aria-label": `Picking words of the ${picking.field}` },
      this.keys,
      el("div", { class: "text words", data: { field: picking.field } }, this.before, this.lit, this.after),
      this.said,
    );
    this.update(picking);
  }

  update(picking) {
    const [start, end] = pickedUnits(picking);
    const { text } = picking;
    this.before.data = text.slice(0, start);
    this.words.data = text.slice(start, end);
    this.after.data = text.slice(end);
    this.said.textContent = `${picking.isTaken ? "Taken" : "Picked"}: ${text.slice(start, Math.min(end, start + 200))}`;
    this.node.classList.toggle("taken", picking.isTaken);
    requestAnimationFrame(() => this.lit.isConnected && this.lit.scrollIntoView({ block: "nearest" }));
  }
}

function keysOf(message) {
  const key = (cap, does) => el("span", {}, keycap(cap), ` ${does}`);
  return [
    key("← →", "word"),
    key("↑ ↓", "ten words"),
    key("⇧", "more or less"),
    fieldsOf(message).length > 1 ? key(keyOf("pick"), "the other text") : null,
    key("Enter", "take"),
    key(keyOf("leader"), "mark"),
    key(keyOf("do-not-learn"), "do not learn"),
    key("Esc", "leave"),
  ];
}
