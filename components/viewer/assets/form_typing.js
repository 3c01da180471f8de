// From what is typed into a control to JSON, with as little change of spelling as possible. Pure.

import { isNumberText, spellString } from "./json_edit.js";

/**
 * Typed text as JSON. A number keeps the spelling it is typed with; what is no number becomes a
 * string, so that what stands in the field is always what stands in the text.
 */
export function spellTyped(control, typed, before, around) {
  if (control === "number" && isNumberText(typed.trim())) return typed.trim();
  return spellString(withNewlines(typed, before), around);
}

/** Browsers turn every line break of a field into \n: the kind that stood there comes back. */
export function withNewlines(typed, before) {
  const kinds = new Set((before || "").match(/\r\n|\r|\n/g) || []);
  const [kind] = kinds;
  return kinds.size === 1 && kind !== "\n" ? typed.replaceAll("\n", kind) : typed;
}

/** A text as a field shows it. */
export function asShown(text) {
  return text.replace(/\r\n?/g, "\n");
}

/**
 * A number one step up or down, in its own spelling (digits behind the point, any length); null
 * when there is nothing to step from. The bounds of the schema hold it.
 */
export function stepped(text, direction, { multipleOf, minimum, maximum } = {}, times = 1) {
  const typed = text.trim() === "" ? "0" : text.trim();
  if (!isNumberText(typed) || /[eE]/.test(typed)) return null;
  const step = multipleOf > 0 && !/e/.test(String(multipleOf)) ? String(multipleOf) : "1";
  const digits = Math.max(digitsOf(typed), digitsOf(step));
  const by = scaled(step, digits) * BigInt(direction * times);
  const next = unscaled(scaled(typed, digits) + by, digits);
  if (minimum !== undefined && Number(next) < minimum) return String(minimum);
  if (maximum !== undefined && Number(next) > maximum) return String(maximum);
  return next;
}

function digitsOf(text) {
  return text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
}

function scaled(text, digits) {
  return BigInt(text.replace(".", "") + "0".repeat(digits - digitsOf(text)));
}

function unscaled(value, digits) {
  const sign = value < 0n ? "-" : "";
  const all = String(value < 0n ? -value : value).padStart(digits + 1, "0");
  if (digits === 0) return sign + all;
  return `${sign}${all.slice(0, -digits)}.${all.slice(-digits)}`;
}

const PICKERS = { date: "date", time: "time", "date-time": "datetime-local" };

/** The native input that picks a value of this control. */
export function pickerType(control) {
  return PICKERS[control];
}

/** What the native picker starts with: the part of the text it can hold, or "". */
export function toPicker(control, text) {
  const found = {
    date: /^\d{4}-\d\d-\d\d/,
    time: /^\d\d:\d\d/,
    "date-time": /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/,
  }[control].exec(text);
  return found ? found[0].replace(" ", "T") : "";
}

/** What the native picker gave, with the seconds and the zone that stood there before. */
export function fromPicker(control, picked, before) {
  if (control === "date" || picked === "") return picked;
  const rest = /\d\d:\d\d(:\d\d(?:\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?$/.exec(before);
  const joined = before[10] === " " ? picked.replace("T", " ") : picked;
  if (/:\d\d:\d\d$/.test(picked)) return joined + (rest?.[2] ?? "Z");
  return joined + (rest?.[1] ?? ":00") + (rest?.[2] ?? (rest ? "" : "Z"));
}
