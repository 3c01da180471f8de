// The trajectory viewer. Streamlit mounts it and hands over boot data; see components/viewer/__init__.py.
//
//   session.js   what must outlive a mount: views, cursor, acts      sender.js, outbox.js, mirror.js
//   travel.js    next, back, prefetch, claims                        keys.js, keymap.js, commands.js
//   screen.js    everything painted, from the session alone          trace.js, card.js, rail.js, …
//   picking.js   words of a message as a place; spans.js counts them       label_commands.js, marking.js
//   grounding.js where values came from, source.js the way there     calls_only.js, json_tree.js

import { Keys } from "./keys.js";
import { Screen } from "./screen.js";
import { useKeys } from "./keymap.js";
import { sessionFor } from "./session.js";
import { styled } from "./sheets.js";
import { Travel } from "./travel.js";
import { Editor, hasUnsavedEdit } from "./editor.js";

const GONE_MS = 3000;

/** Mount into `parent`; returns what takes it away again (and loses nothing). */
export function mount(parent, boot) {
  const session = sessionFor(boot);
  if (!session.travel) {
    session.travel = new Travel(session);
    Editor.listen(session); // before the keys of the viewer
    session.keys = new Keys(session, session.travel);
    window.addEventListener("beforeunload", (event) => warn(event, session));
  }
  // Drawn again in the same place (another theme, new data): Streamlit does not say so first.
  if (session.lastParent === parent) session.leave?.();
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
  const leave = () => {
    open = false;
    session.listeners.delete(listener);
    screen.close();
  };
  session.leave = leave;
  session.unmount = () => {
    leave();
    if (session.keys.screen !== screen) return; // another mount took over already
    session.keys.detach();
    setTimeout(() => {
      if (session.keys.away) session.travel.giveBack();
    }, GONE_MS);
  };
  return session.unmount;
}

function warn(event, session) {
  if (session.sender.state.ops.length > 0 || hasUnsavedEdit(session)) event.preventDefault();
}
