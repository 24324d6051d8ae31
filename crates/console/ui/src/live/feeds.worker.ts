// Holds the feeds of every tab of a browser: one connection for each, however many tabs there are. Owned by
// the browser; ends with the last tab. Feeds are told apart by who follows them, too: what one account may
// see is not told to another.
import { Backlog } from './backlog';
import { REOPEN, feedAddress, numberOf, type Asked, type Said } from './shared';

interface Follower {
  port: MessagePort;
  feed: number;
  /** What it knows already. */
  after: string | undefined;
}

/** A feed says within this that it lives, in ms. */
const BEAT = 6000;

class SharedFeed {
  followers: Follower[] = [];
  #backlog: Backlog;
  #source: EventSource | undefined;
  #last: string | undefined;
  #heard = 0;
  #reopening: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly path: string, readonly names: string[], after: string | undefined) {
    this.#last = after;
    this.#backlog = new Backlog(numberOf(after));
    this.#open();
  }

  join(follower: Follower) {
    const missed = this.#missedBy(follower);
    this.followers.push(follower);
    if (missed === undefined) tell(follower, 'reset');
    else for (const { name, data, id } of missed) entry(follower, name, data, String(id ?? ''));
    if (performance.now() - this.#heard < BEAT) tell(follower, 'alive');
  }

  /** Returns what the follower does not know yet; undefined where that cannot be told: it reads anew. */
  #missedBy({ after }: Follower) {
    // Whoever opens the feed is told all of it.
    if (after === undefined || this.followers.length === 0) return [];
    const known = numberOf(after);
    return known === undefined ? undefined : this.#backlog.after(known);
  }

  leave(is: (follower: Follower) => boolean): boolean {
    this.followers = this.followers.filter((follower) => !is(follower));
    if (this.followers.length > 0) return false;
    clearTimeout(this.#reopening);
    this.#source?.close();
    return true;
  }

  #open() {
    const source = new EventSource(feedAddress(this.path, this.#last));
    this.#source = source;
    source.addEventListener('open', () => this.#alive());
    source.addEventListener('beat', ({ lastEventId }: MessageEvent<string>) => {
      if (lastEventId) this.#last = lastEventId;
      this.#alive();
    });
    for (const name of this.names) source.addEventListener(name, (message: MessageEvent<string>) => this.#took(name, message));
    source.addEventListener('reset', () => {
      // The log is another one: numbers begin anew, and with them what is kept.
      this.#last = undefined;
      this.#backlog = new Backlog(undefined);
      for (const follower of this.followers) {
        follower.after = undefined;
        tell(follower, 'reset');
      }
    });
    source.addEventListener('error', () => {
      this.#heard = -Infinity;
      for (const follower of this.followers) tell(follower, 'broken');
      // A refusal ends an EventSource for good.
      if (source.readyState === EventSource.CLOSED) this.#reopening = setTimeout(() => this.#open(), REOPEN);
    });
  }

  #alive() {
    this.#heard = performance.now();
    for (const follower of this.followers) tell(follower, 'alive');
  }

  #took(name: string, { data, lastEventId }: MessageEvent<string>) {
    this.#heard = performance.now();
    if (lastEventId) this.#last = lastEventId;
    const id = numberOf(lastEventId);
    this.#backlog.take({ name, data, id });
    for (const follower of this.followers) {
      const known = numberOf(follower.after);
      if (id !== undefined && known !== undefined && id <= known) continue;
      entry(follower, name, data, lastEventId);
    }
  }
}

const feeds = new Map<string, SharedFeed>();
const say = (port: MessagePort, what: Said) => port.postMessage(what);
const tell = ({ port, feed }: Follower, what: 'alive' | 'broken' | 'reset') => say(port, { say: what, feed });
const entry = ({ port, feed }: Follower, name: string, data: string, id: string) => say(port, { say: 'entry', feed, name, data, id });

function leave(is: (follower: Follower) => boolean) {
  for (const [key, feed] of feeds) if (feed.leave(is)) feeds.delete(key);
}

function hear(port: MessagePort, asked: Asked) {
  if (asked.do === 'bye') leave((follower) => follower.port === port);
  else if (asked.do === 'leave') leave((follower) => follower.port === port && follower.feed === asked.feed);
  else {
    const { path, names, after, feed, who } = asked;
    const key = `${who} ${path} ${names.join(' ')}`;
    const known = feeds.get(key) ?? new SharedFeed(path, names, after);
    feeds.set(key, known);
    known.join({ port, feed, after });
  }
}

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  if (!port) return;
  port.addEventListener('message', ({ data }: MessageEvent<Asked>) => hear(port, data));
  // A tab that is gone without a word.
  port.addEventListener('close', () => hear(port, { do: 'bye' }));
  port.start();
  say(port, { say: 'here' });
};
