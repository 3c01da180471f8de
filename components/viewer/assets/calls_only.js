// The list of calls: one line per call instead of the trace, with the same cursor and keys.

import { ICONS, button, el, fill } from "./dom.js";
import { groundWord } from "./call.js";
import { findingsByCall, worstOf } from "./findings.js";
import { originsOfRows, sourceSentence } from "./grounding.js";
import { keyOf } from "./keymap.js";
import { preview } from "./result_view.js";
import { categoryOf } from "./marks.js";
import { quoteLine } from "./source.js";
import { Strip } from "./strip.js";

const LINE_HEIGHT = 26; // as in reading.css
const MOST_ARGUMENTS = 12;
const VALUE_CHARS = 100;

export class CallsOnly {
  constructor(screen) {
    this.screen = screen;
    this.box = el("div", { class: "callbox", tabindex: "0" });
    this.count = el("b", {});
    this.quote = el("footer", { class: "quote", hidden: true });
    this.node = el(
      "section",
      { class: "callsonly", "aria-label": "Calls only", hidden: true },
      el("header", {}, this.count, el("span", { class: "grow" }),
        button("Back to the trace", { key: keyOf("calls-only"), class: "quiet", onclick: () => screen.run("calls-only") })),
      this.box,
      this.quote,
    );
    this.strip = new Strip(this.box, (i) => this.makeLine(i));
    this.view = null; // what is drawn
  }

  get session() {
    return this.screen.session;
  }

  /** Draw the calls of the trajectory on screen, unless they are drawn already. */
  draw() {
    const { view } = this.session;
    this.node.hidden = !this.session.callsOnly;
    if (this.node.hidden || this.view === view) return;
    this.view = view;
    this.calls = view.messages.flatMap((m) => m.calls.map((call) => ({ message: m, call })));
    this.places = new Map(this.calls.map(({ message, call }, i) => [`${message.index} ${call.index}`, i]));
    this.findings = findingsByCall(view);
    this.readAnnotation();
    this.here = undefined;
    this.count.textContent = `${view.n_calls.toLocaleString("en")} ${view.n_calls === 1 ? "call" : "calls"}`;
    this.box.setAttribute("role", this.calls.length > 0 ? "listbox" : "region");
    this.box.setAttribute("aria-label", "Calls");
    this.strip.fill(this.calls.map(() => LINE_HEIGHT));
    if (this.calls.length > 0) return;
    fill(this.box, el("p", { class: "dim nocalls", text: "This trajectory calls no tool." }));
  }

  readAnnotation() {
    const s = this.session;
    const { annotation } = s.stateOf(s.current);
    this.verdicts = annotation.step_verdicts;
    this.marks = new Map();
    for (const mark of annotation.marks) {
      const key = `${mark.anchor.message_index} ${mark.anchor.call_index ?? 0}`;
      if (!this.marks.has(key)) this.marks.set(key, []);
      this.marks.get(key).push(mark);
    }
  }

  drawAnnotation() {
    if (this.node.hidden) return;
    if (this.view !== this.session.view) this.draw(); // the view was fetched anew
    this.readAnnotation();
    for (const [i, line] of this.strip.nodes) this.paint(line, this.calls[i]);
  }

  drawCursor() {
    if (this.node.hidden) return;
    const { cursor } = this.session;
    const i = this.places.get(`${cursor.message} ${cursor.call ?? 0}`);
    const old = this.here;
    this.here = i;
    const line = quoteLine(this.screen);
    this.quote.hidden = !line;
    fill(this.quote, line);
    for (const at of new Set([old, i])) {
      const node = at === undefined ? null : this.strip.node(at);
      if (node) this.paintHere(node, at);
    }
  }

  reveal() {
    if (!this.node.hidden && this.here !== undefined) this.strip.reveal(this.here);
  }

  makeLine(i) {
    const { message, call } = this.calls[i];
    const { view } = this.session;
    const result = call.result === null ? null : view.messages[call.result];
    const line = el(
      "div",
      {
        class: "callline",
        role: "option",
        data: { message: String(message.index), call: String(call.index) },
        on: { click: (event) => this.pick(event, message, call) },
      },
      el("span", { class: "no num", text: call.index === 0 ? String(message.step) : "" }),
      el("span", { class: "state" }),
      el("b", { class: "name", text: call.name || "(no name)" }),
      el("span", { class: "compact" }, this.compact(call)),
      el("span", { class: "gives", text: result ? preview(result.text) || "(empty)" : "no result" }),
      el("span", { class: "signs" }),
    );
    this.paint(line, this.calls[i]);
    this.paintHere(line, i);
    return line;
  }

  compact(call) {
    if (call.rows === null) return el("span", { class: "sev error", text: `${ICONS.error} does not parse: ${call.raw.slice(0, 80)}` });
    const said = originsOfRows(call);
    const leaves = call.rows.filter((row) => row.value !== "" || !/^(object|array)$/.test(row.type));
    const more = leaves.length - MOST_ARGUMENTS;
    return [
      leaves.slice(0, MOST_ARGUMENTS).map((row) => argument(this.session.view, row, said.get(row.pointer))),
      more > 0 ? el("span", { class: "dim", text: ` +${more}` }) : null,
    ];
  }

  /** Verdict, marks and findings of one line. */
  paint(line, { message, call }) {
    const key = `${message.index} ${call.index}`;
    const verdict = this.verdicts[message.index] || "unjudged";
    const marks = this.marks.get(key) || [];
    const found = this.findings.get(key) || [];
    const names = marks.map((mark) => categoryOf(this.session, mark)?.title || mark.category);
    const shown = JSON.stringify([verdict, names]);
    if (line.shown === shown) return;
    line.shown = shown;
    const state = line.querySelector(".state");
    state.className = `state ${verdict}`;
    state.textContent = ICONS[verdict];
    const worst = worstOf(found);
    const nowhere = [...originsOfRows(call).values()].filter((said) => said.style === "nowhere").length;
    fill(
      line.querySelector(".signs"),
      marks.length > 0 ? el("span", { class: "markcount", title: names.join("\n"), text: `${ICONS.mark}${marks.length}` }) : null,
      nowhere > 0 ? el("span", { class: "ask", title: `${nowhere} from nowhere`, text: "?" }) : null,
      worst ? el("span", { class: `sev ${worst}`, title: found.map((f) => f.message).join("\n"), text: ICONS[worst] }) : null,
    );
    const words = [`Step ${message.step}`, verdict, call.name, ...names, ...found.map((f) => f.message)];
    line.setAttribute("aria-label", words.join(", "));
  }

  paintHere(line, i) {
    const isHere = i === this.here;
    line.classList.toggle("here", isHere);
    line.setAttribute("aria-selected", String(isHere));
    const { pointer } = this.session.cursor;
    for (const node of line.querySelectorAll(".compact > [data-pointer]")) {
      node.classList.toggle("here", isHere && node.dataset.pointer === pointer);
    }
  }

  pick(event, message, call) {
    const argument = event.target.closest("[data-pointer]");
    const pointer = argument ? argument.dataset.pointer : null;
    this.session.cursor = { message: message.index, call: call.index, pointer };
  }
}

function argument(view, row, said) {
  const value = row.missing ? "missing" : row.value.slice(0, VALUE_CHARS).replace(/\s+/g, " ");
  const node = el(
    "span",
    { class: row.missing ? "argument missing" : "argument", data: { pointer: row.pointer } },
    el("span", { class: "dim", text: `${row.name}=` }),
    el("span", { class: said && said.style !== "none" ? `from ${said.style}` : "", text: value + (row.value.length > VALUE_CHARS ? "…" : "") }),
    said?.style === "nowhere" ? el("b", { class: "ask", title: groundWord(view, said)[1].trim(), text: "?" }) : null,
  );
  if (said) node.onpointerenter = () => (node.title = sourceSentence(view, said.found));
  return node;
}
