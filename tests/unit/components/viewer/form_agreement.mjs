// Standard input: [{schema, text}]. Output: the pointers that each form hints at, and its fixes
// as texts. Run by test_form_hints.py, which asks Python about the same.

import { readFileSync } from "node:fs";

import { everyField, fieldTree } from "../../../../components/viewer/assets/form_fields.js";
import { parseSpans, removePart, renameKey, replaceValue } from "../../../../components/viewer/assets/json_edit.js";

function applied(text, { path }, fix) {
  const root = parseSpans(text);
  if (fix.remove) return removePart(text, root, path);
  if (fix.rename !== undefined) return renameKey(text, root, path, fix.rename);
  return replaceValue(text, root, path, fix.json);
}

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ schema, text }) => {
  const fields = everyField(fieldTree(schema, text));
  return {
    hinted: fields.filter((f) => f.hints.some((h) => h.keyword !== "repeated")).map((f) => f.pointer),
    fixed: fields.flatMap((f) => f.fixes.map((fix) => applied(text, f, fix))),
  };
});
process.stdout.write(JSON.stringify(answers));
