// What Python has said of the arguments, and where the browser's hints may speak meanwhile.
//
// Python's word stands for every value that has not been touched since; where one was touched, the
// hints speak until Python has been heard again. So nothing flickers beside what is typed. Pure.

export class Verdict {
  /** `problems`: [{pointer, message, hint}], or null while Python has said nothing at all. */
  constructor(problems) {
    this.hear(problems);
  }

  /** Python has spoken of the text as it is now. */
  hear(problems) {
    this.problems = problems;
    this.touched = [];
  }

  /** The value at a pointer has changed: what was said of it, in it and around it is outdated. */
  touch(pointer) {
    if (this.problems === null) return;
    this.touched.push(pointer);
    this.problems = this.problems.filter((p) => !isRelated(p.pointer || "", pointer));
  }

  /** Whether hints speak for the value at a pointer. */
  isOpenAt(pointer) {
    return this.problems === null || this.touched.some((place) => isRelated(pointer, place));
  }
}

function isRelated(one, other) {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
