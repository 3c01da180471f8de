// The list of all keys, where each can be moved: press its line, then the new key. The same list
// stands in the overlay of the viewer and on the Settings page; where it is kept is their business.

import { button, el, fill, keycap, setAttribute } from "./dom.js";
import { isHalfAKey, keySign, whyNot, withKey } from "./key_rules.js";
import { GROUPS, isComposing, keyOf, movedKeys, plainKey } from "./keymap.js";

export class KeyList {
  /**
   * `save(changes, afresh)` keeps {command: key or null} and answers a promise of all moved keys;
   * `onMoved(moved, command)` hears of them. `level`: of the headings above the groups.
   */
  constructor({ save, onMoved, level = "h3" }) {
    this.save = save;
    this.onMoved = onMoved;
    this.asked = null; // the command whose new key is waited for
    this.lines = new Map(); // command -> {node, key, back, text, standard}
    this.said = el("p", { class: "said", role: "status" });
    this.all = button("All keys back to the defaults", {
      class: "quiet",
      data: { focus: "all-keys" },
      onclick: () => this.keep({}, true, null),
    });
    this.node = el(
      "div",
      { class: "keylist", on: { focusout: (event) => this.onFocusOut(event) } },
      el("div", { class: "keyhead" }, this.said, this.all),
      el("div", { class: "groups" }, GROUPS.map((group) => this.group(group, level))),
    );
    this.paint();
    this.say("");
  }

  group({ title, keys }, level) {
    return el(
      "section",
      {},
      el(level, { text: title }),
      el("ul", {}, keys.map(([standard, command, text]) => this.line(standard, command, text))),
    );
  }

  line(standard, command, text) {
    const key = el("span", { class: "keyplace" });
    const node = el(
      "button",
      {
        type: "button",
        class: "keyline",
        data: { focus: `key:${command}` },
        on: { click: () => this.ask(command), keydown: (event) => this.onKey(event, command) },
      },
      key,
      el("span", { text }),
    );
    const back = button(`back to ${keySign(standard)}`, {
      class: "quiet",
      "aria-label": `${text}: back to ${keySign(standard)}`,
      onclick: () => this.keep({ [command]: null }, false, command),
    });
    this.lines.set(command, { node, key, back, text, standard });
    return el("li", {}, node, back);
  }

  /** Show the keys in force, and which one is waited for. */
  paint() {
    const moved = movedKeys();
    for (const [command, line] of this.lines) {
      const isAsked = this.asked === command;
      const now = keyOf(command);
      const cap = isAsked ? el("kbd", { class: "key", text: "…" }) : keycap(now) || el("span", { class: "none", text: "none" });
      fill(line.key, cap);
      const isMoved = now !== line.standard;
      line.node.classList.toggle("asked", isAsked);
      line.node.classList.toggle("moved", isMoved);
      // While a key is waited for, every key is an answer and none a command of the viewer.
      if (isAsked) line.node.dataset.keys = "own";
      else delete line.node.dataset.keys;
      const name = now ? `key ${now}` : "no key";
      setAttribute(line.node, "aria-label", `${line.text}: ${name}${isMoved ? ", moved" : ""}. Press to change it`);
      line.back.hidden = !isMoved;
    }
    this.all.hidden = Object.keys(moved).length === 0;
  }

  ask(command) {
    this.asked = command;
    const { node, text } = this.lines.get(command);
    node.focus({ preventScroll: true });
    this.say(`Press the new key for “${text}”. Esc leaves it as it is.`);
    this.paint();
  }

  onFocusOut(event) {
    if (this.asked === null || event.relatedTarget === this.lines.get(this.asked).node) return;
    this.leave();
  }

  /** The focus goes to the line of a command, or to the first. */
  focus(command) {
    const line = this.lines.get(command) || this.lines.values().next().value;
    line.node.focus();
  }

  leave() {
    this.asked = null;
    this.say("");
    this.paint();
  }

  onKey(event, command) {
    if (this.asked !== command || isComposing(event) || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat || isHalfAKey(event.key)) return;
    if (event.key === "Escape") this.leave();
    else if (isChord(event)) this.say("Keys with Ctrl, Alt or Cmd belong to the browser. Press a key alone, or with Shift.", true);
    else this.choose(command, plainKey(event));
  }

  choose(command, key) {
    const why = whyNot(GROUPS, movedKeys(), command, key);
    if (why) {
      this.say(why, true);
      return;
    }
    const next = withKey(GROUPS, movedKeys(), command, key);
    this.keep({ [command]: next[command] ?? null }, false, command);
  }

  async keep(changes, afresh, command) {
    this.asked = null;
    this.paint();
    try {
      const moved = await this.save(changes, afresh);
      this.onMoved(moved, command);
    } catch (problem) {
      this.say(`The key was not changed. ${problem.message} ${problem.hint || ""}`.trim(), true);
    }
  }

  /** What was done or refused; refusals are read out at once. */
  say(text, isBad = false) {
    this.said.textContent = text || "To move a key, press its line and then the new key.";
    this.said.classList.toggle("bad", isBad);
    setAttribute(this.said, "role", isBad ? "alert" : "status");
  }

  /** The words after a change, when the list was drawn anew. */
  sayMoved(command) {
    const line = this.lines.get(command);
    if (!line) this.say("All keys are back to the defaults.");
    else this.say(`✓ “${line.text}” is ${keySign(keyOf(command) || "none")} now.`);
  }
}

function isChord(event) {
  const isAltGr = event.getModifierState?.("AltGraph");
  return event.metaKey || ((event.ctrlKey || event.altKey) && !isAltGr);
}
