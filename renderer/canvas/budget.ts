/** Time that a frame may take for what can as well come in the next one. */
export class Budget {
  private readonly end: number;
  private begun = false;

  constructor(ms: number) {
    this.end = performance.now() + ms;
  }

  /** Whether one more piece may be done now; the first always may, so that a slow machine gets on as well. */
  next(): boolean {
    if (!this.begun) {
      this.begun = true;
      return true;
    }
    return performance.now() < this.end;
  }
}

/** For who needs the whole at once: files, exports, tests. */
export const unhurried = new Budget(Infinity);
