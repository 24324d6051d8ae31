// The address of a replay: which cameras, around which moment; and the way back from it.
import type { Camera } from '../api/types';
import { metresBetween } from '../cameras/cameras.svelte';
import { router } from '../shell/router.svelte';
import { addressOf } from '../shell/routes';
import { rfc3339 } from '../words/time.svelte';

/** What is opened on the investigator's page in place of an event. */
export const REPLAY = 'phat-lai';
/** Cameras that one page shows at once. */
export const MOST = 9;
/** Cameras that are chosen when only one is known to matter. */
const NEIGHBOURS = 4;
/** The time that is shown around a moment at first, in ms. */
export const AROUND = 5 * 60_000;

/** Returns the address that shows cameras at a moment, in ms. */
export const replayOf = (cameras: string[], at: number) => addressOf('search', REPLAY, { cameras: cameras.slice(0, MOST).join(','), at: rfc3339(at) });

class Opened {
  /** Where one came from, to go back there. */
  from = $state<string>();

  /** Opens cameras at a moment, in ms; `event` is looked for at all of them, and `classes` are what was searched for. */
  open(cameras: string[], at: number, { event, classes = [] }: { event?: string; classes?: string[] } = {}) {
    this.from = location.pathname + location.search;
    router.go('search', REPLAY, { cameras: cameras.slice(0, MOST).join(','), at: rfc3339(at), event, class: classes.join(',') || undefined });
  }
}

export const opened = new Opened();

/** Returns a camera and those nearest to it, the nearest first. */
export function withNeighbours(id: string, all: Camera[]): string[] {
  const here = all.find((camera) => camera.id === id);
  if (!here) return [id];
  const others = all.filter((camera) => camera.id !== id).flatMap((camera) => {
    const metres = metresBetween(here, camera);
    return metres === undefined ? [] : [{ id: camera.id, metres }];
  });
  others.sort((one, other) => one.metres - other.metres);
  return [id, ...others.slice(0, NEIGHBOURS - 1).map((other) => other.id)];
}

export interface Asked {
  cameras: string[];
  /** In ms. */
  at: number;
  /** What is looked for at all of them. */
  event: string | undefined;
  /** What was searched for. */
  classes: string[];
}

/** Reads what an address asks for. */
export function askedOf(query: URLSearchParams, now: number): Asked {
  const list = (name: string) => (query.get(name) ?? '').split(',').filter(Boolean);
  const cameras = [...new Set(list('cameras'))].slice(0, MOST);
  const at = Date.parse(query.get('at') ?? '');
  return { cameras, at: Number.isNaN(at) ? now - AROUND : at, event: query.get('event') || undefined, classes: list('class') };
}
