// From key presses to commands: which trajectory a key belongs to, and what it means right now.
//
// One listener per window, kept across mounts. A key belongs to what was on screen when it was
// pressed; while nothing is on screen (the next one is on its way, or Streamlit is mounting the
// component again) keys wait in order for the trajectory that comes.

import { ALWAYS, COMMANDS } from "./commands.js";
import { plural } from "./dom.js";
import { leavePicking, pickKey, toggleRecovery } from "./label_commands.js";
import { placeMark } from "./marking.js";
import { isPickKey, pickingHere } from "./picking.js";
import { backFromSource } from "./source.js";
import { commandOf, isForViewer, mayRepeat, plainKey, readCode } from "./keymap.js";

export const MOST_PENDING = 200;
/** Keys pressed while the component is away count if it comes back this soon. */
export const AWAY_MS = 1500;

export class Keys {
  constructor(session, travel) {
    this.session = session;
    this.travel = travel;
    this.screen = null;
    this.awaySince = null;
    travel.onShown = () => this.replay();
    window.addEventListener("keydown", (event) => this.onKey(event), true);
  }

  /** The component is on screen. */
  attach(screen) {
    this.screen = screen;
    const short = this.awaySince === null || performance.now() - this.awaySince < AWAY_MS;
    this.awaySince = null;
    if (!short) this.session.pending = [];
    this.replay();
  }

  /** The component was taken away; perhaps only for a moment. */
  detach() {
    this.screen = null;
    this.awaySince = performance.now();
    this.path = window.location.pathname;
  }

  /** Another session is on screen: no key is ours until this one is there again. */
  giveUp() {
    this.screen = null;
    this.awaySince = null;
    this.session.pending = [];
  }

  get away() {
    return this.screen === null;
  }

  onKey(event) {
    if (this.screen?.merge.takes(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!this.isOurs() || !isForViewer(event, this.isPicking)) return;
    const key = plainKey(event);
    if (!this.isMeaningful(key)) return;
    if (!this.away) {
      event.preventDefault();
      event.stopPropagation();
    }
    if (event.repeat && !this.mayRepeat(key)) return; // held too long, not pressed again
    this.press(key);
  }

  isOurs() {
    if (!this.away) return true;
    if (this.awaySince === null) return false;
    const short = performance.now() - this.awaySince < AWAY_MS;
    return short && this.path === window.location.pathname;
  }

  isMeaningful(key) {
    // Waiting keys may be a category's code; what they mean is only known when they are used.
    if (this.session.pending.length > 0 && key.length === 1) return true;
    if (this.session.leader !== null) return key.length === 1 || this.isEditing(key);
    if (this.isPicking && isPickKey(key)) return true;
    return commandOf(key) !== undefined || key === "Escape";
  }

  /** Words of a message are being picked, and not taken yet. */
  get isPicking() {
    return this.session.phase === "view" && pickingHere(this.session)?.isTaken === false;
  }

  mayRepeat(key) {
    const { leader, pending } = this.session;
    if (leader !== null || pending.length > 0) return false;
    return this.isPicking ? isPickKey(key) : mayRepeat(commandOf(key));
  }

  isEditing(key) {
    return key === "Escape" || key === "Backspace" || key === "Enter";
  }

  /** A key in the order it was pressed: done now, or kept for the trajectory that comes. */
  press(key) {
    const s = this.session;
    const ready = s.phase === "view" && !this.away && s.pending.length === 0;
    if (ready) this.perform(key);
    else if (key === "Escape") this.dropPending();
    else if (!this.away && s.pending.length === 0 && ALWAYS.has(commandOf(key))) this.perform(key);
    else if (s.phase === "empty") s.say("The queue is empty: there is nothing to put this on.");
    else if (s.pending.length >= MOST_PENDING) s.say("Too many keys ahead; this one is ignored.");
    else {
      s.pending.push(key);
      s.emit("status");
    }
  }

  dropPending() {
    const s = this.session;
    if (s.pending.length === 0) return;
    s.say(`Dropped: ${plural(s.pending.length, "key")} pressed ahead.`);
    s.pending = [];
    s.emit("status");
  }

  /** Use the keys that waited, in order, until they make us wait again. */
  replay() {
    const s = this.session;
    if (this.replaying || this.away) return;
    this.replaying = true;
    try {
      s.together(() => {
        while (s.pending.length > 0 && s.phase === "view") this.performNow(s.pending.shift());
      });
    } finally {
      this.replaying = false;
    }
    s.emit("status");
  }

  perform(key) {
    this.session.together(() => this.performNow(key));
  }

  performNow(key) {
    const s = this.session;
    if (s.help) this.run("help"); // whatever is pressed closes the overlay, and does nothing behind it
    else if (s.alike) this.screen?.alike.takeKey(key); // it lost the focus for a moment
    else if (s.leader !== null) this.typeCode(key);
    else if (this.isPicking) pickKey(s, key, commandOf(key), (command) => this.run(command));
    else if (key === "Escape") this.escape();
    else COMMANDS[commandOf(key)]?.(this.context());
  }

  /** Run a command by name (controls use this, so keys and pointer do the same thing). */
  run(command) {
    this.session.together(() => COMMANDS[command](this.context()));
  }

  context() {
    return { session: this.session, travel: this.travel, screen: this.screen };
  }

  escape() {
    const s = this.session;
    s.toast = null;
    s.emit("toast");
    if (s.phase === "view" && (leavePicking(s) || backFromSource(s))) return;
    this.screen?.leaveEdit();
  }

  typeCode(key) {
    const s = this.session;
    if (key === "Escape" || key === "Enter") s.leader = null;
    else if (key === "Backspace") s.leader = s.leader.slice(0, -1);
    else {
      const typed = s.leader + key;
      const isRecovery = s.leading === "recovery";
      const read = readCode(isRecovery ? s.boot.recoveries : s.taxonomy.categories, typed);
      s.leader = read.state === "partial" ? typed : null;
      if (read.state === "hit") (isRecovery ? toggleRecovery : placeMark)(s, read.category);
      else if (read.state === "none") s.say(`No ${isRecovery ? "recovery label" : "category"} has the code “${typed}”.`);
    }
    s.emit("mode");
  }
}
