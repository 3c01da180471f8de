// A card beside the rail that says what categories mean: the one under the pointer or the focus,
// those that are still meant while a code is typed, and the recovery labels while one is chosen.
//
// It lies over the trace and moves nothing; it holds controls only while recovery is chosen.

import { el, fill, keycap } from "./dom.js";
import { keyOf } from "./keymap.js";
import { toggleRecovery } from "./label_commands.js";
import { recoveryOf } from "./recovery.js";

const REST_MS = 220; // a pointer on its way elsewhere asks for nothing
const HESITATE_MS = 350; // who knows the code is not shown what it means
const MANY = 5; // so many are told without their examples

export class Definitions {
  constructor(screen) {
    this.screen = screen;
    this.node = el("aside", { class: "definitions", "aria-label": "Definitions", hidden: true });
  }

  get session() {
    return this.screen.session;
  }

  /** The pointer rests on a chip, or it has the focus: what it means, at its height. */
  point(chip, category, isFocus) {
    clearTimeout(this.timer);
    if (this.session.leader !== null) return;
    const show = () => {
      if (!chip.isConnected || this.session.leader !== null) return;
      fill(this.node, entry(category));
      this.node.classList.remove("acting");
      this.node.hidden = false;
      this.placeAt(chip);
    };
    if (isFocus) show();
    else this.timer = setTimeout(show, REST_MS);
  }

  /** The pointer or the focus is elsewhere. */
  leave() {
    clearTimeout(this.timer);
    if (this.session.leader === null) this.node.hidden = true;
  }

  placeAt(chip) {
    const frame = this.screen.centre.getBoundingClientRect();
    const most = frame.height - this.node.offsetHeight - 8;
    this.node.style.top = `${Math.max(8, Math.min(chip.getBoundingClientRect().top - frame.top - 6, most))}px`;
  }

  /** While a leader key waits for its code. */
  drawLeader() {
    clearTimeout(this.timer);
    const { leader, leading } = this.session;
    const isRecovery = leading === "recovery";
    this.node.hidden = true;
    if (leader === null || (!isRecovery && leader === "")) return;
    const show = () => {
      if (this.session.leader !== leader || this.session.phase !== "view") return;
      this.node.style.top = "8px";
      this.node.classList.toggle("acting", isRecovery);
      if (isRecovery) this.drawRecovery();
      else this.drawMeant(leader);
      this.node.hidden = false;
    };
    this.timer = setTimeout(show, isRecovery ? REST_MS : HESITATE_MS);
  }

  /** The categories whose code begins like this. */
  drawMeant(typed) {
    const meant = this.session.taxonomy.categories.filter((c) => c.code.startsWith(typed));
    fill(this.node, meant.map((category) => entry(category, meant.length <= MANY)));
  }

  drawRecovery() {
    const s = this.session;
    const message = s.view.messages[s.cursor.message];
    const labels = recoveryOf(s.stateOf(s.current).annotation, message.index);
    fill(
      this.node,
      el("h3", {}, keycap(keyOf("recovery-leader")), ` How step ${message.step} deals with an earlier error`),
      s.boot.recoveries.map((label) => this.choice(label, labels.includes(label.name))),
      el("p", { class: "dim", text: "One letter sets a label or clears it; Esc leaves." }),
    );
  }

  choice(label, isOn) {
    const choose = () => {
      this.session.leader = null;
      this.session.together(() => {
        toggleRecovery(this.session, label);
        this.session.emit("mode");
      });
    };
    return el(
      "button",
      { type: "button", class: "definition", "aria-pressed": String(isOn), on: { click: choose } },
      keycap(label.code),
      el("b", { text: `${label.name}${isOn ? " ✓" : ""}` }),
      el("span", { text: label.definition }),
    );
  }
}

function entry(category, withExample = true) {
  return el(
    "div",
    { class: "definition" },
    keycap(category.code),
    el("b", { text: category.title }),
    el("span", { text: category.definition }),
    category.example && withExample ? el("span", { class: "dim", text: `Example: ${category.example}` }) : null,
  );
}
