// What can be done with words selected by mouse: a small bar beside them. The selection itself
// changes nothing on the page, because it may be there only to be copied.

import { button, el } from "./dom.js";
import { keyOf } from "./keymap.js";
import { fieldText, pointSpan, sameWords, trimmed } from "./spans.js";

export class SpanBar {
  constructor(screen) {
    this.screen = screen;
    const act = (label, command) => button(label, { key: keyOf(command), onclick: () => screen.run(command) });
    this.node = el(
      "div",
      { class: "spanbar", role: "toolbar", "aria-label": "Selected words", hidden: true },
      act("mark this", "leader"),
      act("do not learn", "do-not-learn"),
    );
    // A press on the bar must not take the selection away before it is used.
    this.node.addEventListener("pointerdown", (event) => event.preventDefault());
    this.node.addEventListener("mousedown", (event) => event.preventDefault());
    this.onUp = () => setTimeout(() => this.look(), 0); // the selection is settled after the event
    this.onChange = () => this.session.selected && isEmpty(this.selection()) && this.forget();
    screen.middle.addEventListener("pointerup", this.onUp);
    document.addEventListener("selectionchange", this.onChange);
  }

  get session() {
    return this.screen.session;
  }

  close() {
    document.removeEventListener("selectionchange", this.onChange);
  }

  selection() {
    const root = this.screen.root.getRootNode();
    const selection = root.getSelection ? root.getSelection() : document.getSelection();
    const composed = root.host && !root.getSelection && selection?.getComposedRanges;
    if (!composed) return selection?.rangeCount ? selection.getRangeAt(0) : null;
    return selection.getComposedRanges({ shadowRoots: [root] })[0] || null;
  }

  /** Words of one message are selected: remember which, and show the bar. */
  look() {
    const s = this.session;
    const found = s.phase === "view" ? this.spanOf(this.selection()) : null;
    if (!found) {
      this.forget();
      return;
    }
    s.selected = { uid: s.current, ...found.place };
    this.showAt(found.range);
  }

  spanOf(range) {
    if (!range || isEmpty(range)) return null;
    const box = boxOf(range.startContainer) || boxOf(range.endContainer);
    const card = box?.closest(".msg");
    if (!card || !this.screen.trace.node.contains(card)) return null;
    const message = this.session.view.messages[Number(card.dataset.index)];
    const { field } = box.dataset;
    const text = fieldText(message, field);
    const drawn = box.textContent;
    const from = box.contains(range.startContainer) ? offsetIn(box, range.startContainer, range.startOffset) : 0;
    const to = box.contains(range.endContainer) ? offsetIn(box, range.endContainer, range.endOffset) : drawn.length;
    const units = trimmed(drawn, [from, to]);
    const stored = units && sameWords(drawn, units, text);
    if (units && !stored) {
      this.session.say(`Which of these words of the source it is cannot be told here: pick them with ${keyOf("pick")}.`);
    }
    return stored && { place: { message: message.index, field, span: pointSpan(text, stored) }, range };
  }

  showAt(range) {
    const live = document.createRange();
    live.setStart(range.startContainer, range.startOffset);
    live.setEnd(range.endContainer, range.endOffset);
    const spot = live.getBoundingClientRect();
    const frame = this.screen.centre.getBoundingClientRect();
    this.node.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const below = spot.bottom - frame.top + 4;
    const isRoom = below + height < frame.height;
    const top = isRoom ? below : Math.max(4, spot.top - frame.top - height - 4);
    const left = Math.min(Math.max(4, spot.left - frame.left), frame.width - width - 8);
    this.node.style.top = `${top}px`;
    this.node.style.left = `${left}px`;
  }

  forget() {
    this.session.selected = null;
    this.node.hidden = true;
  }
}

function isEmpty(range) {
  return !range || range.collapsed;
}

function boxOf(node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  return element?.closest("[data-field]") || null;
}

/** How many units of the text drawn in `box` stand before a point. */
function offsetIn(box, node, offset) {
  const before = document.createRange();
  before.setStart(box, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}
