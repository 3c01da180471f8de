// Style sheets, loaded once per page and shared by every mount. Without them it still works.

const SHEETS = ["viewer.css", "trace.css", "reading.css", "form.css", "editing.css", "tries.css", "rail.css", "labels.css", "keys.css", "alike.css", "checklist.css", "court.css", "pair.css"];

/** The sheets hold in the tree of `parent` (a shadow root has its own) once this is through. */
export async function styled(parent, base) {
  window.__loopwrightSheets ||= Promise.all(SHEETS.map((name) => sheet(`${base}/${name}`)));
  try {
    const sheets = await window.__loopwrightSheets;
    const root = parent.getRootNode();
    const others = root.adoptedStyleSheets.filter((s) => !sheets.includes(s));
    root.adoptedStyleSheets = [...others, ...sheets];
  } catch (problem) {
    window.__loopwrightSheets = null;
    reportError(problem);
  }
}

async function sheet(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const css = new CSSStyleSheet();
  css.replaceSync(await answer.text());
  return css;
}
