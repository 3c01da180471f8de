// The trajectory viewer. Streamlit mounts it and hands over boot data; see components/viewer/__init__.py.
//
//   session.js   what must outlive a mount: views, cursor, acts      sender.js, outbox.js, mirror.js
//   travel.js    next, back, prefetch, claims                        keys.js, keymap.js, commands.js
//   screen.js    everything painted, from the session alone          trace.js, card.js, rail.js, …
//   picking.js   words of a message as a place; spans.js counts them       label_commands.js, marking.js
//   draft_keeper.js, meeting.js the open correction: kept, and met by another version of it
//   grounding.js where values came from, source.js the way there     calls_only.js, json_tree.js

import { Keys } from "./keys.js";
import { Screen } from "./screen.js";
import { useKeys } from "./keymap.js";
import { sessionFor } from "./session.js";
import { styled } from "./sheets.js";
import { Travel } from "./travel.js";
import { DraftKeeper } from "./draft_keeper.js";
import { Editor } from "./editor.js";
import { meetOthers } from "./meeting.js";
import { Presence } from "./presence.js";

const GONE_MS = 3000;

/** Mount into `parent`; returns what takes it away again (and loses nothing). */
export function mount(parent, data) {
  const boot = { ...data, ...JSON.parse(data.handbook) };
  const session = sessionFor(boot);
  if (!session.travel) {
    session.keeper = new DraftKeeper(session, (c) => meetOthers(session, c));
    session.travel = new Travel(session);
    session.presence = new Presence(session);
    Editor.listen(session); // before the keys of the viewer
    session.keys = new Keys(session, session.travel);
    window.addEventListener("beforeunload", (event) => warn(event, session));
    window.addEventListener("pagehide", () => session.leave(), { capture: true });
    document.addEventListener("visibilitychange", () => document.hidden && session.leave());
  }
  // Drawn again in the same place (another theme, new data): Streamlit does not say so first.
  if (session.lastParent === parent) session.takeAway?.();
  for (const other of window.__loopwright.values()) if (other !== session) other.displace();
  useKeys(boot.keys);
  let screen = new Screen(parent, session);
  const listener = (topics) => screen.update(topics);
  let open = true;
  styled(parent, boot.assets).then(() => {
    if (!open) return;
    screen.show();
    session.keys.attach(screen); // not before it can be seen
  });
  session.listeners.add(listener);
  session.mounts = (session.mounts || 0) + 1;
  session.travel.start();
  session.lastParent = parent;
  session.redraw = () => {
    if (!open) return null;
    screen.close();
    screen = new Screen(parent, session);
    screen.show();
    session.keys.attach(screen);
    return screen;
  };
  const takeAway = () => {
    open = false;
    session.listeners.delete(listener);
    screen.close();
  };
  session.takeAway = takeAway;
  // Another queue, or another person, is on screen now: what is pressed is theirs.
  session.displace = () => {
    if (!open) return;
    takeAway();
    session.keys.giveUp();
    session.travel.giveBack();
  };
  session.unmount = () => {
    takeAway();
    if (session.keys.screen !== screen) return; // another mount took over already
    session.keys.detach();
    setTimeout(() => {
      if (session.keys.away) session.travel.giveBack();
    }, GONE_MS);
  };
  return session.unmount;
}

/** Leaving with what the studio has not got asks first, and sends it meanwhile. */
function warn(event, session) {
  if (session.phase === "view") session.flushNote();
  session.keeper.flush();
  if (session.sender.state.ops.length > 0 || session.keeper.isBehind()) event.preventDefault();
}
