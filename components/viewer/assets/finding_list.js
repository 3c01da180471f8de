// The findings of a trajectory in the rail: one line each, repeats of the same sentence in one line.

import { askAlike, sourceOfFinding } from "./alike_asking.js";
import { ICONS, button, el, fill, plural } from "./dom.js";
import { placedFindings } from "./cursor.js";
import { gathered } from "./findings.js";
import { keyOf } from "./keymap.js";

export class FindingList {
  constructor(screen) {
    this.screen = screen;
    this.node = el("div", {});
    this.lines = []; // {node, findings}
  }

  get session() {
    return this.screen.session;
  }

  /** Draws all lines; returns how many findings there are. */
  draw() {
    const { view } = this.session;
    const whole = view.findings.filter((f) => f.message_index === null);
    const all = [...placedFindings(view), ...whole];
    this.lines = gathered(all).map((findings) => ({ findings, node: this.line(findings) }));
    const none = el("span", { class: "dim", text: "✓ no check found anything" });
    fill(this.node, all.length > 0 ? this.lines.map(({ node }) => node) : none);
    return all.length;
  }

  drawCursor() {
    const { cursor } = this.session;
    for (const { node, findings } of this.lines) {
      node.classList.toggle("here", findings.some((f) => f.message_index === cursor.message));
    }
  }

  line(findings) {
    const [first] = findings;
    const docs = this.session.boot.check_docs[first.check];
    const count = findings.length > 1 ? plural(findings.length, "time") : "";
    return el(
      "div",
      { class: `findingrow ${first.severity}` },
      el(
        "button",
        {
          type: "button",
          class: "goto",
          title: `${first.message} ${first.hint}${count ? `\n${count}: choose again for the next` : ""}`,
          on: { click: (event) => (event.currentTarget.blur(), this.goTo(findings)) },
        },
        el("span", { class: `sev ${first.severity}`, text: `${ICONS[first.severity]} ` }),
        el("span", { class: "num dim", text: this.placeText(findings) }),
        first.message,
        count ? el("span", { class: "dim", text: ` ${count}` }) : null,
      ),
      button("others", {
        key: keyOf("alike"),
        class: "quiet others",
        title: "The others like this: mark them as well",
        onclick: () => askAlike(this.session, sourceOfFinding(this.session, first)),
      }),
      el(
        "details",
        { class: "why" },
        el("summary", { title: `${first.check}: what it looks for`, "aria-label": first.check }),
        el("p", {}, el("code", { text: first.check }), el("br"), docs || "No description here."),
      ),
    );
  }

  /** The step of a finding, or the first and the last of several. */
  placeText(findings) {
    const steps = findings.map((f) => stepOf(this.session.view, f.message_index));
    const [first, last] = [steps[0], steps.at(-1)];
    if (first === null) return "";
    return last === null || last === first ? `${first} ` : `${first}–${last} `;
  }

  /** To the first of them after the selection, else round again. */
  goTo(findings) {
    const here = this.session.cursor.message ?? -1;
    this.session.select(findings.find((f) => f.message_index > here) || findings[0]);
  }
}

function stepOf(view, index) {
  const message = view.messages[index];
  if (!message) return null;
  return message.answers ? view.messages[message.answers[0]].step : message.step;
}
