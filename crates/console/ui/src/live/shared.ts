// What a page and the worker that feeds are shared through say to each other.

/** A page asks for a feed, or leaves one. */
export type Asked =
  | { do: 'follow'; feed: number; path: string; who: string; names: string[]; after: number | undefined }
  | { do: 'leave'; feed: number }
  | { do: 'bye' };

/** The worker answers that it is there, and tells what came. */
export type Said =
  | { say: 'here' }
  | { say: 'entry'; feed: number; name: string; data: string; id: string }
  | { say: 'alive' | 'broken' | 'reset'; feed: number };

/** Where a feed begins, by its address: after a number, with beats. */
export const feedAddress = (path: string, after: number | undefined) => `${path}?${new URLSearchParams({ ...(after === undefined ? {} : { after: String(after) }), beat: 'true' }).toString()}`;

/** How soon a feed that the browser has given up is opened again, in ms. */
export const REOPEN = 3000;
