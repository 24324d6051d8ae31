// What a page and the worker that the stream is shared through say to each other.

/** What can be followed: alerts and floods, events as they are stored, who else is at the desk. */
export type Topic = 'alerts' | 'events' | 'desk';

/** What whoever follows knows already. */
export interface Known {
  /** The place in the log after which it goes on; undefined for from now on. */
  after: string | undefined;
  /** When what it knows was read, in ms of this machine's clock. */
  readAt: number;
}

/** A page asks to follow something, or leaves it. */
export type Asked =
  | { do: 'follow'; feed: number; topic: Topic; who: string; known: Known }
  | { do: 'leave'; feed: number }
  | { do: 'bye' };

/** What whoever follows is told: what came, and how the connection is. */
export type Told = { say: 'entry'; name: string; data: string } | { say: 'alive' | 'broken' | 'reset' };

/** The worker answers that it is there, and tells what came. */
export type Said = { say: 'here' } | (Told & { feed: number });
