// One call in a column of tries: its arguments against those of the reference's call.

import { argumentValue } from "./diff.js";
import { el } from "./dom.js";
import { changedArguments } from "./tries.js";

const SIGNS = { same: "=", changed: "≠", added: "+", removed: "−" };
const WORDS = { same: "same call", changed: "changed", added: "only here", removed: "not made here" };

/** A call of a column: its tool and its arguments, with what is different about either. */
export function callBox({ state, call, before, change }) {
  const { here, removed, tool } = changedArguments(change);
  const isReference = call === before && state === "same";
  return el(
    "section",
    { class: `trycall ${isReference ? "" : state}` },
    el(
      "header",
      {},
      isReference ? null : el("span", { class: "sign", text: `${SIGNS[state]} ${WORDS[state]}` }),
      tool ? el("del", { class: "name", text: before.name }) : null,
      tool ? el("ins", { class: "name", text: call.name }) : el("span", { class: "name", text: call.name || "(no name)" }),
    ),
    call.rows === null
      ? el("pre", { class: "plain raw", text: call.raw })
      : el(
          "table",
          { class: "tryargs" },
          el(
            "tbody",
            {},
            call.rows.map((row) => argumentRow(row, here.get(row.pointer))),
            removed.map((one) => removedRow(one)),
          ),
        ),
  );
}

function argumentRow(row, change) {
  const value = row.missing ? el("i", { class: "dim", text: "missing" }) : row.value;
  const isNew = change && (change.kind === "changed" || change.kind === "retyped");
  return el(
    "tr",
    { class: change ? change.kind : "" },
    el("th", { scope: "row", style: `padding-left:${4 + 10 * row.depth}px`, text: row.name }),
    el("td", { class: "value" }, isNew ? el("del", { text: argumentValue(change.before, change.kind) }) : null, isNew ? el("ins", {}, value) : value),
    el("td", { class: "what", text: change ? wordOf(change) : "" }),
  );
}

function wordOf(change) {
  return change.kind === "renamed" ? `was ${(change.pointer || "").slice(1)}` : change.kind;
}

function removedRow(change) {
  return el(
    "tr",
    { class: "removed" },
    el("th", { scope: "row" }, el("del", { text: change.pointer.slice(1).replaceAll("/", " › ") })),
    el("td", { class: "value" }, el("del", { text: argumentValue(change.before, change.kind) })),
    el("td", { class: "what", text: "removed" }),
  );
}
