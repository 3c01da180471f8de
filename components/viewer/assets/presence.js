// Who else has the trajectory on screen: other people, as the studio tells, and other tabs.
//
// This page says where it is when that changes and then every few seconds, while it can be seen.
// Tabs of one browser tell each other directly, also those that cannot be seen and so say nothing.

const BEAT_MS = 15_000;
const SETTLED_MS = 700; // whoever leafs through a queue is nowhere

export class Presence {
  constructor(session) {
    this.session = session;
    this.people = [];
    this.tabs = []; // elsewhere, as the studio tells
    this.near = new Map(); // sid of another tab of this browser -> uid on its screen
    this.text = "";
    this.uid = null; // what was told last
    this.channel = channelOf(session.boot.annotator);
    if (this.channel) this.channel.onmessage = ({ data }) => this.heard(data);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.moved()));
    window.addEventListener("pagehide", () => this.leave(), { capture: true });
    this.moved();
  }

  get here() {
    const { phase, current } = this.session;
    return phase === "view" ? current : null;
  }

  /** Another trajectory is on screen, or the page can be seen again. */
  moved() {
    if (this.here !== this.uid) {
      this.people = [];
      this.tabs = [];
      this.uid = this.here;
      this.tell("here");
      this.show();
    }
    this.stop();
    if (!document.hidden) this.timer = setTimeout(() => this.beat(), SETTLED_MS);
  }

  stop() {
    clearTimeout(this.timer);
  }

  async beat() {
    const uid = this.here;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.beat(), BEAT_MS);
    if (!uid || this.session.listeners.size === 0) return;
    try {
      const { people, tabs } = await this.session.api.present(this.session.sid, uid);
      if (uid !== this.here) return;
      Object.assign(this, { people, tabs });
    } catch {
      Object.assign(this, { people: [], tabs: [] }); // nobody knows
    }
    this.show();
  }

  leave() {
    this.stop();
    this.tell("gone");
    this.session.api.present(this.session.sid, null, { keepalive: true }).catch(() => {});
  }

  tell(what) {
    this.channel?.postMessage({ what, sid: this.session.sid, uid: this.here });
  }

  heard({ what, sid, uid }) {
    const isNew = !this.near.has(sid);
    if (what === "gone") this.near.delete(sid);
    else this.near.set(sid, uid);
    if (isNew && what === "here") this.tell("here"); // it asks, as it were
    this.tabs = this.tabs.filter((other) => other !== sid);
    this.show();
  }

  show() {
    const uid = this.here;
    const near = [...this.near].filter(([, at]) => at === uid).map(([sid]) => sid);
    const far = this.tabs.filter((sid) => !this.near.has(sid));
    const text = uid ? described(this.people, near.length, far.length) : "";
    if (text === this.text) return;
    this.text = text;
    this.session.emit("status");
  }
}

/** Who is here, as one calm line. */
export function described(people, nNear, nFar) {
  const parts = [];
  if (people.length > 2) parts.push(`${people[0]} and ${people.length - 1} others are here too`);
  else if (people.length > 0) parts.push(`${people.join(" and ")} ${people.length === 1 ? "is" : "are"} here too`);
  if (nNear > 0) parts.push("also open in another tab of yours");
  else if (nFar > 0) parts.push("also open elsewhere under your name");
  return parts.join(" · ");
}

function channelOf(annotator) {
  return window.BroadcastChannel ? new BroadcastChannel(`loopwright:here:${annotator}`) : null;
}
