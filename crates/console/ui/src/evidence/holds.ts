// Holds: placed once, however often the request is sent.
import { get, post } from '../api/client';
import type { Hold, HoldRequest } from '../api/types';

const DAY = 24 * 3600_000;
/** How long a hold that ends by itself lasts, unless another day is written. */
export const AS_A_RULE = 90 * DAY;

/** Whether a hold of footage from `start` on could not end by itself at `until`. */
export const isOver = (until: number | undefined, start: number) => until !== undefined && until <= Math.max(start, Date.now());

/**
 * Places a hold, unless `by` has placed the very same before and it is in force: what was answered
 * may have been lost, or what came after it have failed. Throws `Refused`.
 */
export async function holdOnce(request: HoldRequest, by: string | undefined): Promise<Hold> {
  const before = (await get('/api/v1/holds')).find((hold) => hold.placed.by === by && isSame(hold, request));
  return before ?? post('/api/v1/holds', { body: request });
}

/** Returns what of a camera is held between two moments, in ms. */
export function spansHeld(holds: Hold[], camera: string, start: number, end: number): { hold: Hold; start: number; end: number }[] {
  // One that names no camera holds all; one without an end holds what is still to come.
  return holds.filter(({ cameras }) => cameras.length === 0 || cameras.includes(camera))
    .map((hold) => ({ hold, start: Math.max(start, Date.parse(hold.start)), end: hold.end ? Math.min(end, Date.parse(hold.end)) : end }))
    .filter((span) => span.start < span.end);
}

/** Whether a hold is what a request asks for. */
export function isSame(hold: Hold, request: HoldRequest): boolean {
  const moment = (time: string | null | undefined) => (time ? Date.parse(time) : undefined);
  const [held, wanted] = [new Set(hold.cameras), new Set(request.cameras)];
  return hold.case === request.case && hold.reason === request.reason
    && moment(hold.start) === moment(request.start) && moment(hold.end) === moment(request.end) && moment(hold.until) === moment(request.until)
    && held.size === wanted.size && [...held].every((camera) => wanted.has(camera));
}
