// The list of keys on the Settings page: the one of the viewer's overlay, in a component of its own.

import { Api } from "./api.js";
import { el, fill } from "./dom.js";
import { KeyList } from "./key_list.js";
import { useKeys } from "./keymap.js";
import { styled } from "./sheets.js";

/** Mount into `parent`; returns what takes it away again. */
export function mount(parent, boot) {
  const api = new Api(boot.api, boot.token);
  useKeys(boot.keys);
  const list = new KeyList({
    level: "h4",
    save: async (changes, afresh) => (await api.keys(changes, afresh)).keys,
    onMoved: (moved, command) => {
      useKeys(moved);
      list.paint();
      list.sayMoved(command);
    },
  });
  fill(parent, el("div", { class: "lw keysettings", data: { testid: "keys" } }, list.node));
  styled(parent, boot.assets);
  return () => fill(parent);
}
