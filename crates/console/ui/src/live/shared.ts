// What a page and the worker that feeds are shared through say to each other.

/** A page asks for a feed, or leaves one. */
export type Asked =
  | { do: 'follow'; feed: number; path: string; who: string; names: string[]; after: string | undefined }
  | { do: 'leave'; feed: number }
  | { do: 'bye' };

/** The worker answers that it is there, and tells what came. */
export type Said =
  | { say: 'here' }
  | { say: 'entry'; feed: number; name: string; data: string; id: string }
  | { say: 'alive' | 'broken' | 'reset'; feed: number };

/** Where a feed begins, by its address: after a place, with beats. */
export const feedAddress = (path: string, after: string | undefined) => `${path}?${new URLSearchParams({ ...(after === undefined ? {} : { after }), beat: 'true' }).toString()}`;

/** Returns the number that a place in a feed is, for who sees the whole site; everybody else's is sealed and says nothing. */
export const numberOf = (place: string | undefined): number | undefined => (place !== undefined && /^\d+$/.test(place) ? Number(place) : undefined);

/** How soon a feed that the browser has given up is opened again, in ms. */
export const REOPEN = 3000;
