// One followed feed: an EventSource that begins after a cursor, comes back by itself with the id it
// saw last, and tells every sign of life, so that silence can be told from quiet.

import { address } from '../api/client';

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

/** How soon a feed that the browser has given up is opened again. */
const REOPEN = 3000;

/** Follows the feed at `path`, whose entries have the name `entry`, after the number `after`; from now on without one. */
export function follow<Body>(path: string, entry: string, after: number | undefined, heard: Heard<Body>): Feed {
  let last = after === undefined ? undefined : String(after);
  let source: EventSource;
  let reopening: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    source = new EventSource(address(path, {}, { after: last, beat: true }));
    source.addEventListener('open', () => heard.alive());
    source.addEventListener('beat', () => heard.alive());
    source.addEventListener(entry, (message: MessageEvent<string>) => {
      // Processed before it counts as seen: what fails here is asked for again.
      heard.item(JSON.parse(message.data) as Body, Date.now());
      if (message.lastEventId) last = message.lastEventId;
      heard.alive();
    });
    for (const [name, take] of Object.entries(heard.others ?? {})) {
      source.addEventListener(name, (message: MessageEvent<string>) => {
        take(JSON.parse(message.data));
        if (message.lastEventId) last = message.lastEventId;
        heard.alive();
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
