// Says aloud what the eye sees change: one text per key for screen readers, set after the painting.
//
// Two places nobody sees: one that waits its turn and one that interrupts, for what was refused or
// could not be saved. Nothing else in the viewer is a live region of its own while keys are pressed.

import { el } from "./dom.js";
import { actText, cursorText, viewText } from "./spoken.js";

export class Announcer {
  constructor(session) {
    this.session = session;
    this.polite = el("div", { role: "status" });
    this.urgent = el("div", { role: "alert" });
    this.node = el("div", { class: "unseen", data: { testid: "spoken" } }, this.polite, this.urgent);
    // What is there already was said before this screen was made.
    this.act = session.lastAct;
    this.toast = session.toast;
    this.leader = session.leader;
    this.isStuck = false;
  }

  /** The screen has been painted for these topics. */
  hear(topics) {
    const s = this.session;
    const has = (topic) => topics.includes(topic);
    const said = [this.newAct()];
    const isShown = s.phase === "view";
    if (isShown && has("view")) said.push(viewText(s));
    else if (isShown && has("cursor")) said.push(cursorText(s));
    said.push(this.newLeader(), this.newToast(), this.newSaving());
    if (has("nudge")) this.interrupt(s.commitBlocked());
    const text = said.filter(Boolean).join(". ");
    if (text) put(this.polite, text);
  }

  newAct() {
    const { lastAct } = this.session;
    if (this.act === lastAct) return "";
    this.act = lastAct;
    return this.session.view ? actText(this.session, lastAct) : "";
  }

  newLeader() {
    const { leader } = this.session;
    if (this.leader === leader) return "";
    this.leader = leader;
    if (leader === null) return "";
    if (this.session.leading === "recovery") return "Recovery: the letter of how it was dealt with";
    return leader === "" ? "Mark: two keys of a category" : `Mark ${leader}`;
  }

  newToast() {
    const { toast } = this.session;
    if (this.toast === toast) return "";
    this.toast = toast;
    if (!toast?.bad) return toast?.text || "";
    this.interrupt(toast.text);
    return "";
  }

  /** Saving goes on in silence; that it does not, and that it does again, is said. */
  newSaving() {
    const { state, text } = this.session.sender.describe();
    const isStuck = state === "failing" || state === "denied";
    if (this.isStuck === isStuck) return "";
    this.isStuck = isStuck;
    if (isStuck) this.interrupt(text);
    return isStuck ? "" : "Saving works again";
  }

  interrupt(text) {
    if (text) put(this.urgent, text);
  }
}

/** The same words twice are read twice only if the text is another one. */
function put(node, text) {
  node.textContent = node.textContent === text ? `${text}\u00a0` : text;
}
