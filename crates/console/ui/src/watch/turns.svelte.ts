// Layouts shown in turn, each for a while.

/** Which of several is shown now. */
export class Turns {
  at = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Changes every `dwell` seconds until the returned function is called. */
  run(dwell: number): () => void {
    this.#dwell = dwell;
    this.#restart();
    return () => clearInterval(this.#timer);
  }

  /** Goes on by `step` at once, and stays there for a whole while. */
  move(step: number) {
    this.at += step;
    if (this.#timer !== undefined) this.#restart();
  }

  /** Returns the one of `all` whose turn it is. */
  of<One>(all: One[]): One | undefined {
    return all[((this.at % all.length) + all.length) % all.length];
  }

  #dwell = 0;

  #restart() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => (this.at += 1), this.#dwell * 1000);
  }
}
