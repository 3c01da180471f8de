// The source of the selected argument: quoted below its row, and highlighted where it stands when
// the annotator jumps there.

import { button, el } from "./dom.js";
import { originAt, placeOfSource, quoteOf, sourceName, unitSpan } from "./grounding.js";
import { unwrap, wrapSource } from "./highlight.js";
import { keyOf, keysHint } from "./keymap.js";
import { sameCursor } from "./cursor.js";

/** The jump that the screen shows now; null when the annotator has moved on. */
export function jumpHere(session) {
  const { jump } = session;
  return jump && jump.uid === session.current && sameCursor(jump.to, session.cursor) ? jump : null;
}

/** To the source of the selected argument, or back to the argument. */
export function toSource(session) {
  if (backFromSource(session)) return;
  const said = originAt(session.view, session.cursor);
  if (!said) {
    session.say(`Select an argument that came from somewhere first${keysHint("argument-next", "argument-previous")}.`);
    return;
  }
  const to = placeOfSource(session.view, said.found);
  if (!to) {
    session.say(`There is no place to go to: it is from ${sourceName(session.view, said.found)}.`);
    return;
  }
  const { current: uid, cursor: from, callsOnly } = session;
  session.jump = { uid, from, to, found: said.found, callsOnly };
  if (callsOnly) showCalls(session, false);
  session.cursor = to;
}

/** Back from a source; false when the screen shows none. */
export function backFromSource(session) {
  const jump = jumpHere(session);
  if (!jump) return false;
  session.jump = null;
  if (jump.callsOnly) showCalls(session, true);
  session.cursor = jump.from;
  return true;
}

/** Change between the trace and the list of calls. */
export function showCalls(session, on) {
  session.callsOnly = on;
  session.emit("layout");
}

/** Where the selected argument's value is from, quoted, and the way there; null without a source. */
export function quoteLine(screen) {
  const { session } = screen;
  const said = originAt(session.view, session.cursor);
  if (!said) return null;
  const { found, style, n, alike } = said;
  const { view } = session;
  const quote = quoteOf(view, found);
  const some = n > 1 ? ` (${alike} of the ${n} values in this row)` : "";
  const how = style === "derived" ? `, derived (${found.how})` : "";
  const from = found.origin === "nowhere" ? "" : "from ";
  return [
    placeOfSource(view, found)
      ? button("go there", { key: keyOf("source"), class: "quiet", onclick: () => screen.run("source") })
      : null,
    el("span", { class: "dim", text: `${from}${sourceName(view, found)}${how}${some}` }),
    quote ? el("q", {}, quote.before, el("b", { text: quote.words }), quote.after) : null,
  ];
}

/** The same as a row of the table of arguments, below the selected one. */
export function quoteRow(screen, columns) {
  const line = quoteLine(screen);
  return line && el("tr", { class: "quote" }, el("td", { colspan: String(columns) }, line));
}

/** Highlights one span of one message in the trace, and takes it away again. */
export class Spotlight {
  constructor() {
    this.shown = null; // the jump
    this.opened = []; // folds that were opened to show it
    this.marks = [];
  }

  /** Show a jump's source inside a card; the element to scroll to, or null. */
  show(session, jump, box) {
    if (this.shown === jump && this.marks.some((m) => m.isConnected)) return this.marks[0];
    this.clear();
    this.shown = jump;
    const message = session.view.messages[jump.found.at];
    if (!box || !jump.found.span || jump.found.call !== undefined) return null;
    const span = unitSpan(message.text, jump.found.span);
    const inside = this.open(box, span[0]);
    this.marks = wrapSource(inside, message.text, span) || this.asSent(box, message.text, span);
    return this.marks[0] || null;
  }

  /** Open what hides the place; the element in which it is to be found. */
  open(box, start) {
    for (const fold of box.querySelectorAll("details.fold.holds")) {
      if (!fold.open) this.opened.push(fold);
      fold.openNow();
    }
    const view = box.querySelector(".resultview")?.resultView;
    return view?.reveal(start) || box.querySelector(".words, .resultview, pre.plain") || box;
  }

  /** The text as it was sent, when what is drawn cannot show the place: cut around the place. */
  asSent(box, text, [start, end]) {
    const from = Math.max(0, start - 400);
    const found = el("mark", { class: "source", text: text.slice(start, end) });
    const node = el(
      "pre",
      { class: "plain assent" },
      from > 0 ? "…" : "",
      text.slice(from, start),
      found,
      text.slice(end, end + 400),
      end + 400 < text.length ? "…" : "",
    );
    box.append(node);
    this.extra = node;
    return [found];
  }

  clear() {
    for (const node of this.marks) unwrap(node);
    this.extra?.remove();
    for (const fold of this.opened) fold.open = false;
    this.shown = null;
    this.extra = null;
    this.opened = [];
    this.marks = [];
  }
}
