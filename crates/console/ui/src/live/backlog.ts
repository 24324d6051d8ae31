// What a shared feed told last: who joins it later, and knows less than it told, is told the rest. Pure.

export interface Entry {
  /** The name of the event, and its body as it came. */
  name: string;
  data: string;
  /** Its number in the log; undefined where it has none. */
  id: number | undefined;
}

/** Kept for who joins: a page joins within a second of having read what there is. */
const MOST = 1000;

export class Backlog {
  #entries: Entry[] = [];
  /** Everything after this number is kept. */
  #since: number;

  /** Begins after the number `since`; from what comes on without one. */
  constructor(since: number | undefined) {
    this.#since = since ?? Infinity;
  }

  take(entry: Entry) {
    if (entry.id === undefined) return;
    this.#since = Math.min(this.#since, entry.id - 1);
    this.#entries.push(entry);
    if (this.#entries.length > MOST) this.#since = this.#entries.shift()?.id ?? this.#since;
  }

  /** Returns what came after the number `known`; undefined where that is not known any more. */
  after(known: number): Entry[] | undefined {
    if (known < this.#since && this.#since !== Infinity) return undefined;
    return this.#entries.filter(({ id }) => id !== undefined && id > known);
  }
}
