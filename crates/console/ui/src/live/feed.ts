// What is followed of the service: begins after what is known, comes back by itself where it broke, and tells every
// sign of life, so that silence can be told from quiet. All tabs of a browser follow through one worker,
// which holds one connection for all of it; where there are no such workers, each tab has one.
import { session } from '../session/session.svelte';
import { Hub, eventSource, type Follower } from './hub';
import type { Asked, Known, Said, Told, Topic } from './shared';

export interface Feed {
  close(): void;
}

export interface Heard<Body> {
  /** Something new; `at` is when it came. It may be known already: what came while it was read comes again. */
  item(body: Body, at: number): void;
  /** What else is told, by its name. */
  others?: Record<string, (body: unknown) => void>;
  /** What is known does not fit what comes: it is to be read again. */
  reset(): void;
  /** A sign of life, new or not. */
  alive(): void;
  /** The connection broke; it is tried again. */
  broken(): void;
}

/** A worker that has not said within this that it is there is not waited for, in ms: on a busy machine it may come yet. */
const COMES_WITHIN = 4000;

/** Follows a topic, whose entries have the name `entry`, after what is known of it. */
export function follow<Body>(topic: Topic, entry: string, known: Known, heard: Heard<Body>): Feed {
  const hear = (told: Told) => {
    if (told.say !== 'entry') {
      heard[told.say]();
      return;
    }
    const body: unknown = JSON.parse(told.data);
    if (told.name === entry) heard.item(body as Body, Date.now());
    else heard.others?.[told.name]?.(body);
  };
  const line = sharedLine();
  return line ? line.follow(topic, known, hear) : followAlone(topic, known, hear);
}

/** By account: this tab's own stream. */
const alone = new Map<string, Hub>();

function followAlone(topic: Topic, known: Known, hear: (told: Told) => void): Feed {
  const who = session.me?.name ?? '';
  const hub = alone.get(who) ?? new Hub(eventSource);
  alone.set(who, hub);
  let isOver = false;
  // Not before whoever follows has the feed in hand, as it is with the worker.
  const say = (told: Told) => queueMicrotask(() => {
    if (!isOver) hear(told);
  });
  const follower: Follower = { topic, say };
  hub.join(follower, known);
  return { close: () => { isOver = true; hub.leave(follower); } };
}

interface Followed {
  topic: Topic;
  known: Known;
  hear: (told: Told) => void;
  /** While the worker has not come: what is followed without it. */
  own?: Feed;
}

/** This tab's line to the worker. */
class SharedLine {
  #port: MessagePort;
  #next = 1;
  #feeds = new Map<number, Followed>();
  #isHere = false;
  #isLate = false;

  constructor() {
    const worker = new SharedWorker(new URL('./feeds.worker.ts', import.meta.url), { type: 'module', name: 'watchpost-feeds' });
    this.#port = worker.port;
    this.#port.addEventListener('message', ({ data }: MessageEvent<Said>) => this.#hear(data));
    this.#port.start();
    worker.addEventListener('error', () => this.#giveUp());
    setTimeout(() => {
      if (!this.#isHere) this.#giveUp();
    }, COMES_WITHIN);
    addEventListener('pagehide', () => this.#ask({ do: 'bye' }));
    // Back from where the browser keeps pages that were left: what it knows is old.
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) for (const { hear } of [...this.#feeds.values()]) hear({ say: 'reset' });
    });
  }

  follow(topic: Topic, known: Known, hear: (told: Told) => void): Feed {
    const feed = this.#next++;
    const followed: Followed = { topic, known, hear };
    this.#feeds.set(feed, followed);
    if (this.#isLate) followed.own = followAlone(topic, known, hear);
    else this.#begin(feed, followed);
    return {
      close: () => {
        followed.own?.close();
        if (this.#feeds.delete(feed)) this.#ask({ do: 'leave', feed });
      },
    };
  }

  #begin(feed: number, { topic, known }: Followed) {
    this.#ask({ do: 'follow', feed, topic, known, who: session.me?.name ?? '' });
  }

  #hear(said: Said) {
    if (said.say !== 'here') {
      this.#feeds.get(said.feed)?.hear(said);
      return;
    }
    this.#isHere = true;
    if (!this.#isLate) return;
    this.#isLate = false;
    for (const [feed, followed] of this.#feeds) {
      followed.own?.close();
      delete followed.own;
      this.#begin(feed, followed);
    }
  }

  /** All is followed without it, until it comes. */
  #giveUp() {
    if (this.#isLate) return;
    this.#isLate = true;
    console.warn('the stream is not shared between tabs: the worker does not start');
    this.#ask({ do: 'bye' });
    for (const followed of this.#feeds.values()) followed.own = followAlone(followed.topic, followed.known, followed.hear);
  }

  #ask(asked: Asked) {
    this.#port.postMessage(asked);
  }
}

let line: SharedLine | undefined;

/** Returns the line to the worker; undefined where this browser has no such workers. */
function sharedLine(): SharedLine | undefined {
  if (typeof SharedWorker === 'undefined') return undefined;
  try {
    line ??= new SharedLine();
  } catch (error) {
    console.warn('the stream is not shared between tabs', error);
    return undefined;
  }
  return line;
}
