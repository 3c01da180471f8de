// One call: its arguments as a table, its result beside it, and what is wrong with either.

import { ICONS, button, el } from "./dom.js";
import { callClass, drawAtCall } from "./corrected.js";
import { Editor } from "./editor.js";
import { findingLine } from "./card.js";
import { worstOf } from "./findings.js";
import { originsOfRows, sourceSentence, wordOf } from "./grounding.js";
import { keyOf } from "./keymap.js";
import { markChips } from "./marks.js";
import { resultText } from "./result_view.js";

export const COLUMNS = ["name", "value", "type", "grounding", "finding"];
const LONG_VALUE = 600;
const WIDE_VALUE = 80;

export function drawCall(context, call) {
  const { screen, message, marks, found } = context;
  const { view } = screen.session;
  const ownMarks = marks.filter((m) => m.anchor.call_index === call.index);
  const ownFound = found.filter((f) => f.call === call.index);
  const result = call.result === null ? null : view.messages[call.result];
  return el(
    "section",
    {
      class: `call ${callClass(screen.session, message, call)}`,
      data: { call: String(call.index) },
      "aria-label": `Call of ${call.name}`,
    },
    heading(screen, message, call, ownMarks),
    callFindings(ownFound, call).map((f) => findingLine(f)),
    el(
      "div",
      { class: isWide(call, result) ? "cols wide" : "cols" },
      argumentsOf(screen, call, ownFound, ownMarks),
      el(
        "div",
        { class: "result" },
        resultOf(screen, message, call, result),
        ownFound.filter((f) => f.ofResult).map((f) => findingLine(f)),
      ),
    ),
    drawAtCall(screen, message, call),
  );
}

/** Long values need the whole width, and get it where there is no result; a result goes below. */
function isWide(call, result) {
  return result === null || Boolean(call.rows?.some((row) => row.value.length > WIDE_VALUE));
}

function heading(screen, message, call, marks) {
  return el(
    "header",
    {},
    el("b", { class: "name", text: call.name || "(no name)" }),
    call.known ? null : el("span", { class: "badge error", text: "▲ unknown tool" }),
    call.parse_error ? el("span", { class: "badge error", text: "▲ does not parse" }) : null,
    markChips(screen, marks.filter((m) => m.anchor.pointer === null || !hasRow(call, m))),
    el("span", { class: "grow" }),
    call.id ? el("span", { class: "dim id", title: "call id", text: call.id }) : null,
    button("Edit", {
      key: keyOf("edit"),
      class: "quiet onhere",
      onclick: () =>
        Editor.open(screen, { message: message.index, call: call.index, pointer: null }),
    }),
  );
}

function hasRow(call, mark) {
  return Boolean(call.rows?.some((row) => row.pointer === mark.anchor.pointer));
}

/** Findings that are not about one argument shown in the table, nor about the result. */
function callFindings(found, call) {
  return found.filter((f) => !f.ofResult && !call.rows?.some((row) => row.pointer === f.pointer));
}

function argumentsOf(screen, call, found, marks) {
  if (call.rows === null) {
    return el(
      "div",
      { class: "args" },
      el("div", { class: "dim", text: call.parse_error }),
      el("pre", { class: "plain raw", text: call.raw }),
    );
  }
  if (call.rows.length === 0) return el("div", { class: "args dim", text: "no arguments" });
  const nested = call.rows.some((row) => row.depth > 0);
  return el(
    "table",
    { class: nested ? "args nested" : "args" },
    el(
      "thead",
      {},
      el("tr", {}, COLUMNS.map((text) => el("th", { text, scope: "col" }))),
    ),
    el("tbody", {}, call.rows.map((row) => argumentRows(screen, call, row, found, marks))),
  );
}

function argumentRows(screen, call, row, found, marks) {
  const said = originsOfRows(call).get(row.pointer) || null;
  const own = found.filter((f) => !f.ofResult && f.pointer === row.pointer);
  const ownMarks = marks.filter((m) => m.anchor.pointer === row.pointer);
  const worst = worstOf(own);
  const main = el(
    "tr",
    { data: { pointer: row.pointer }, class: row.missing ? "missing" : "" },
    el(
      "th",
      { scope: "row", style: `padding-left:${6 + 12 * row.depth}px` },
      row.name,
      row.required ? el("span", { class: "dim", title: "required", text: "*" }) : null,
      row.declared === false ? el("span", { class: "dim", title: "the tool does not declare it", text: " +" }) : null,
    ),
    el("td", { class: "value" }, grounded(screen.session.view, said, valueOf(row), row.value.length)),
    el("td", { class: "dim type", text: row.type }),
    el("td", { class: `grounds ${said?.style || ""}` }, said ? groundWord(screen.session.view, said) : null),
    el(
      "td",
      { class: worst ? `sev ${worst}` : null },
      worst ? `${ICONS[worst]} ${worst}` : null,
    ),
  );
  if (own.length === 0 && ownMarks.length === 0) return main;
  return [
    main,
    el(
      "tr",
      { class: "below" },
      el("td", { colspan: String(COLUMNS.length) }, own.map((f) => findingLine(f)), markChips(screen, ownMarks)),
    ),
  ];
}

/** A value underlined by where it came from; the source is quoted when the pointer rests on it. */
function grounded(view, said, content, length) {
  const isText = said?.style === "derived" && said.found.how === "words" && length > WIDE_VALUE;
  if (!said || said.style === "none" || isText) return content; // lines under sentences tell nothing
  const node = el("span", { class: `from ${said.style}` }, content);
  node.onpointerenter = () => (node.title = sourceSentence(view, said.found));
  return node;
}

/** The word for it; "1 of 3" when only some values of the row are meant. */
export function groundWord(view, { found, style, n, alike }) {
  const some = n > 1 && alike < n ? ` ${alike}/${n}` : "";
  const word = wordOf(view, found) + some;
  return style === "nowhere" ? [el("b", { class: "ask", "aria-hidden": "true", text: "?" }), ` ${word}`] : word;
}

function valueOf(row) {
  if (row.missing) return el("i", { class: "dim", text: "missing" });
  if (row.value === "" && row.type === "string") return el("i", { class: "dim", text: "empty string" });
  if (row.value === "") return el("span", { class: "dim", text: row.type === "array" ? "[ ]" : "{ }" });
  if (row.value.length <= LONG_VALUE) return row.value;
  const rest = el("span", { text: row.value.slice(LONG_VALUE), hidden: true });
  const more = button(`+${(row.value.length - LONG_VALUE).toLocaleString("en")} characters`, {
    class: "quiet",
    onclick: () => {
      rest.hidden = false;
      more.remove();
    },
  });
  return [row.value.slice(0, LONG_VALUE), rest, more];
}

function resultOf(screen, message, call, result) {
  const isLast = !screen.session.view.messages.some((m) => m.index > message.index);
  if (!result) {
    const text = isLast ? "the trajectory ends with this call" : "no result";
    return el("span", { class: "dim", text });
  }
  const differs = result.name && result.name !== call.name ? ` (from ${result.name})` : "";
  return [
    el("span", { class: "dim resultlabel", text: `result${differs}` }),
    resultText(screen.session, result.index, result.text),
    (result.parts || []).map((part) => el("pre", { class: "plain part", text: part })),
  ];
}
