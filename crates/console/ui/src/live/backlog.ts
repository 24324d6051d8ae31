// What the stream told last, and when it came: who joins it later is told what came since they had read
// what there is. Pure.
import type { Topic } from './shared';

export interface Entry {
  topic: Topic;
  /** The name of the event, and its body as it came. */
  name: string;
  data: string;
  /** When it came, in ms of this machine's clock. */
  at: number;
}

/** Kept of each topic for who joins: a page joins within a second of having read what there is. */
const MOST = 1000;

export class Backlog {
  #entries: Entry[] = [];
  /** Of each topic, since when everything is kept. */
  #since = new Map<Topic, number>();

  /** Says that everything of a topic comes that was not there at a moment. */
  begin(topic: Topic, at: number) {
    this.#since.set(topic, at);
    this.#entries = this.#entries.filter((entry) => entry.topic !== topic);
  }

  end(topic: Topic) {
    this.begin(topic, Infinity);
  }

  take(entry: Entry) {
    this.#entries.push(entry);
    if (this.#entries.filter(({ topic }) => topic === entry.topic).length <= MOST) return;
    const oldest = this.#entries.findIndex(({ topic }) => topic === entry.topic);
    // What came in the same millisecond is not whole any more, either.
    for (const { at } of this.#entries.splice(oldest, 1)) this.#since.set(entry.topic, at + 1);
  }

  /** Returns what came of a topic from a moment on, and what is kept of the `before` ms before it; undefined where not
   * everything since that moment is known any more. */
  since(topic: Topic, at: number, before = 0): Entry[] | undefined {
    if (at < (this.#since.get(topic) ?? Infinity)) return undefined;
    return this.#entries.filter((entry) => entry.topic === topic && entry.at >= at - before);
  }
}
