// One followed feed: begins after a cursor, comes back by itself with the id it saw last, and tells every
// sign of life, so that silence can be told from quiet. All tabs of a browser follow through one worker,
// which holds one connection for each feed; where there are no such workers, each tab has its own.
import { session } from '../session/session.svelte';
import { REOPEN, feedAddress, type Asked, type Said } from './shared';

export interface Feed {
  close(): void;
}

export interface Heard<Body> {
  /** Something new; `at` is when it came. */
  item(body: Body, at: number): void;
  /** What else the feed tells, by its name. */
  others?: Record<string, (body: unknown) => void>;
  /** The feed's log is another one than we knew: what we have is to be read again. */
  reset(): void;
  /** A sign of life, new or not. */
  alive(): void;
  /** The connection broke; it is tried again. */
  broken(): void;
}

/** A worker that has not said within this that it is there does not come, in ms. */
const COMES_WITHIN = 4000;

/** Follows the feed at `path`, whose entries have the name `entry`, after the place `after`; from now on without one. */
export function follow<Body>(path: string, entry: string, after: string | undefined, heard: Heard<Body>): Feed {
  const take = (name: string, data: string) => {
    const body: unknown = JSON.parse(data);
    if (name === entry) heard.item(body as Body, Date.now());
    else heard.others?.[name]?.(body);
    heard.alive();
  };
  const names = [entry, ...Object.keys(heard.others ?? {})];
  let last = after;
  let isOver = false;
  let feed: Feed | undefined;
  const line = sharedLine();
  const alone = () => {
    if (!isOver) feed = followAlone(path, names, () => last, (id) => (last = id), { ...heard, take });
  };
  if (!line) {
    alone();
    return { close: () => { isOver = true; feed?.close(); } };
  }
  feed = line.follow({ path, names, after: () => last }, (said) => {
    if (said.say === 'entry') {
      take(said.name, said.data);
      if (said.id) last = said.id;
    } else if (said.say !== 'here') heard[said.say]();
  }, alone);
  return { close: () => { isOver = true; feed?.close(); } };
}

interface Takes {
  take(name: string, data: string): void;
  reset(): void;
  alive(): void;
  broken(): void;
}

/** A connection of this tab's own. */
function followAlone(path: string, names: string[], last: () => string | undefined, saw: (id: string) => void, heard: Takes): Feed {
  let source: EventSource;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource(feedAddress(path, last()));
    source.addEventListener('open', () => heard.alive());
    source.addEventListener('beat', () => heard.alive());
    for (const name of names) {
      source.addEventListener(name, (message: MessageEvent<string>) => {
        // Processed before it counts as seen: what fails here is asked for again.
        heard.take(name, message.data);
        if (message.lastEventId) saw(message.lastEventId);
      });
    }
    source.addEventListener('reset', () => heard.reset());
    source.addEventListener('error', () => {
      heard.broken();
      // A refusal ends an EventSource for good.
      if (source.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN);
    });
  };
  open();
  return {
    close() {
      clearTimeout(reopening);
      source.close();
    },
  };
}

interface Wanted {
  path: string;
  names: string[];
  after(): string | undefined;
}

/** This tab's line to the worker. */
class SharedLine {
  #port: MessagePort;
  #next = 1;
  #feeds = new Map<number, { wanted: Wanted; heard: (said: Said) => void; alone: () => void }>();
  #isHere = false;
  isDead = false;

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
    // Back from where the browser keeps pages that were left.
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) for (const feed of this.#feeds.keys()) this.#begin(feed);
    });
  }

  follow(wanted: Wanted, heard: (said: Said) => void, alone: () => void): Feed {
    const feed = this.#next++;
    this.#feeds.set(feed, { wanted, heard, alone });
    this.#begin(feed);
    return {
      close: () => {
        if (this.#feeds.delete(feed)) this.#ask({ do: 'leave', feed });
      },
    };
  }

  #begin(feed: number) {
    const known = this.#feeds.get(feed);
    if (!known) return;
    const { path, names, after } = known.wanted;
    this.#ask({ do: 'follow', feed, path, names, after: after(), who: session.me?.name ?? '' });
  }

  #hear(said: Said) {
    this.#isHere = true;
    if (said.say !== 'here') this.#feeds.get(said.feed)?.heard(said);
  }

  /** Each feed goes on alone. */
  #giveUp() {
    if (this.isDead) return;
    this.isDead = true;
    console.warn('feeds are not shared between tabs: the worker does not start');
    const all = [...this.#feeds.values()];
    this.#ask({ do: 'bye' });
    this.#feeds.clear();
    for (const { alone } of all) alone();
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
    console.warn('feeds are not shared between tabs', error);
    return undefined;
  }
  return line.isDead ? undefined : line;
}
