// One stream of all that one account follows in one browser, and who follows what. It begins with the first
// who follows something and ends with the last; what is followed besides is added to the one stream. Owned by the
// worker that tabs share, or by a tab where there is none.
import { Backlog } from './backlog';
import type { Known, Told, Topic } from './shared';

/** An open connection. */
export interface Line {
  close(): void;
}

/** What a connection tells. */
export interface Heard {
  /** An event of the service, with its place in the logs. */
  message(name: string, data: string, place: string): void;
  open(): void;
  /** It broke, and comes back by itself; or `isOver`, and does not. */
  broken(isOver: boolean): void;
}

export interface Follower {
  topic: Topic;
  say(told: Told): void;
}

const TOPIC_OF: Record<string, Topic> = { alert: 'alerts', flood: 'alerts', event: 'events', presence: 'desk' };
/** Told to who joins later, however long ago it came. */
const LASTING = new Set(['presence']);
/** The service says within this that it lives, in ms. */
const BEAT = 6000;
/** How soon a connection that the browser has given up is opened again, in ms. */
const REOPEN = 3000;
/** A topic that nobody follows any more is left out after so long, in ms: pages come and go. */
const LEFT_OUT = 1000;
/** How much the clocks of two processes of one machine may differ, in ms: who read within it of the stream's
 * beginning reads again. */
const SKEW = 50;
/** What came so shortly before somebody read may have been on its way then, in ms: it is told again. */
const UNDER_WAY = 1000;

export class Hub {
  #followers: Follower[] = [];
  /** Topics of the stream, and where each begins until it has told a place. */
  #topics = new Map<Topic, string | undefined>();
  #backlog = new Backlog();
  #lasting = new Map<string, string>();
  #line: Line | undefined;
  /** The places of all topics, as the service told them last. */
  #place: string | undefined;
  #heard = -Infinity;
  #reopening: ReturnType<typeof setTimeout> | undefined;

  /** `connect` opens the stream at an address. */
  constructor(readonly connect: (address: string, heard: Heard) => Line) {}

  get isEmpty() {
    return this.#followers.length === 0;
  }

  join(follower: Follower, { after, readAt }: Known) {
    const { topic } = follower;
    this.#followers.push(follower);
    if (!this.#topics.has(topic)) {
      this.#topics.set(topic, after);
      this.#backlog.begin(topic, readAt);
      this.#open();
      return;
    }
    const missed = this.#backlog.since(topic, readAt - SKEW, UNDER_WAY);
    // It stays: what it reads anew is what came until then.
    if (!missed && !isLasting(topic)) follower.say({ say: 'reset' });
    for (const { name, data } of missed ?? []) if (!LASTING.has(name)) follower.say({ say: 'entry', name, data });
    for (const [name, data] of this.#lasting) if (TOPIC_OF[name] === topic) follower.say({ say: 'entry', name, data });
    if (Date.now() - this.#heard < BEAT) follower.say({ say: 'alive' });
  }

  leave(follower: Follower) {
    this.#followers = this.#followers.filter((one) => one !== follower);
    if (this.isEmpty) this.#close();
    else if (this.#line && this.#unwanted().length > 0) this.#later(LEFT_OUT);
  }

  #unwanted(): Topic[] {
    return [...this.#topics.keys()].filter((topic) => !this.#followers.some((follower) => follower.topic === topic));
  }

  #close() {
    clearTimeout(this.#reopening);
    this.#reopening = undefined;
    this.#line?.close();
    this.#line = undefined;
    this.#topics.clear();
    this.#lasting.clear();
    this.#place = undefined;
  }

  #later(milliseconds: number) {
    this.#reopening ??= setTimeout(() => {
      this.#reopening = undefined;
      const unwanted = this.#unwanted();
      for (const topic of unwanted) {
        this.#topics.delete(topic);
        this.#backlog.end(topic);
        for (const name of this.#lasting.keys()) if (TOPIC_OF[name] === topic) this.#lasting.delete(name);
      }
      if (unwanted.length > 0 || !this.#line) this.#open();
    }, milliseconds);
  }

  /** Opens the stream with all topics, where each had come to. */
  #open() {
    this.#line?.close();
    const query = new URLSearchParams({ topics: [...this.#topics.keys()].join(','), beat: 'true' });
    if (this.#place !== undefined) query.set('after', this.#place);
    for (const [topic, after] of this.#topics) if (after !== undefined) query.set(`${topic}_after`, after);
    const line: Line = this.connect(`/api/v1/stream?${query.toString()}`, {
      open: () => this.#line === line && this.#alive(),
      message: (name, data, place) => this.#line === line && this.#took(name, data, place),
      broken: (isOver) => {
        if (this.#line !== line) return;
        this.#heard = -Infinity;
        this.#tell({ say: 'broken' });
        if (!isOver) return;
        this.#line = undefined;
        this.#later(REOPEN);
      },
    });
    this.#line = line;
  }

  #took(name: string, data: string, place: string) {
    if (place !== '') {
      this.#place = place;
      // From here on the stream's own place says where each is.
      for (const topic of this.#topics.keys()) this.#topics.set(topic, undefined);
    }
    if (name === 'reset') {
      // The logs are others: with them goes what is kept.
      for (const topic of this.#topics.keys()) this.#backlog.begin(topic, Date.now());
      this.#tell({ say: 'reset' });
    } else {
      const topic = TOPIC_OF[name];
      if (topic) {
        this.#backlog.take({ topic, name, data, at: Date.now() });
        if (LASTING.has(name)) this.#lasting.set(name, data);
        for (const follower of this.#followers) if (follower.topic === topic) follower.say({ say: 'entry', name, data });
      }
    }
    this.#alive();
  }

  #alive() {
    this.#heard = Date.now();
    this.#tell({ say: 'alive' });
  }

  #tell(told: Told) {
    for (const follower of [...this.#followers]) follower.say(told);
  }
}

const isLasting = (topic: Topic) => topic === 'desk';

/** Names of the events that the stream tells. */
const NAMES = [...Object.keys(TOPIC_OF), 'reset', 'beat'];

/** Opens a stream by the browser's own means. */
export function eventSource(address: string, heard: Heard): Line {
  const source = new EventSource(address);
  source.addEventListener('open', () => heard.open());
  for (const name of NAMES) {
    source.addEventListener(name, ({ data, lastEventId }: MessageEvent<string>) => heard.message(name, data, lastEventId));
  }
  // A refusal ends an EventSource for good.
  source.addEventListener('error', () => heard.broken(source.readyState === EventSource.CLOSED));
  return { close: () => source.close() };
}
