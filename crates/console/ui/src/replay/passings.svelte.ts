// Something that was found is looked for at the other cameras that are replayed: what may have been it, and when.
import { Refused, get } from '../api/client';
import type { Camera, Track, WatchEvent } from '../api/types';
import { cameras, metresBetween } from '../cameras/cameras.svelte';
import { rfc3339 } from '../words/time.svelte';
import { FARTHEST, alike, bearingOf, passingOf, type Followed, type Passing, type Seen } from './passing';

/** Tracks that are gone through at most, in pages. */
const PAGE = 500;
const PAGES = 6;

class Passings {
  /** What is looked for; its times are by the clock of its camera. */
  event = $state.raw<WatchEvent>();
  /** By the camera that it may have passed. */
  found = $state.raw<ReadonlyMap<string, Passing>>(new Map());
  isBusy = $state(false);
  /** So much passed by that not all was gone through. */
  isCutOff = $state(false);

  #leaving = new AbortController();

  /** Looks for what an event was about; for nothing without one. */
  async follow(event: WatchEvent | undefined, shown: string[], skewOf: (camera: string) => number) {
    this.#leaving.abort(new DOMException('something else is looked for', 'AbortError'));
    this.#leaving = new AbortController();
    this.event = event;
    this.found = new Map();
    this.isCutOff = false;
    const from = event && cameras.byId.get(event.camera);
    const others = shown.filter((camera) => camera !== event?.camera && cameras.byId.get(camera)?.geometry);
    this.isBusy = false;
    if (!event?.class || !from?.geometry || others.length === 0) return;
    this.isBusy = true;
    const { signal } = this.#leaving;
    try {
      const tracks = await this.#tracks(event, others, signal);
      if (signal.aborted) return;
      const seen = seenOf(event);
      this.found = new Map(others.flatMap((camera): [string, Passing][] => {
        const passing = passingAt(seen, from, camera, tracks.filter((track) => track.camera === camera).map((track) => followedOf(track, skewOf(camera))));
        return passing ? [[camera, passing]] : [];
      }));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      // The tiles then say nothing of it; what is wrong is said where footage is asked for.
    }
    this.isBusy = false;
  }

  async #tracks(event: WatchEvent, others: string[], signal: AbortSignal): Promise<Track[]> {
    const time = Date.parse(event.time);
    const query = {
      cameras: others.join(','), start: rfc3339(time - FARTHEST), end: rfc3339(Math.min(Date.now(), time + event.duration_ms + FARTHEST)),
      class: alike(event.class ?? '').join(','), paths: false, coverage: false, limit: PAGE,
    };
    const tracks: Track[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES; page += 1) {
      const told = await get('/api/v1/tracks', { query: { ...query, cursor }, signal });
      tracks.push(...told.tracks);
      cursor = told.next ?? undefined;
      if (!cursor) return tracks;
    }
    this.isCutOff = true;
    return tracks;
  }
}

export function seenOf(event: WatchEvent): Seen {
  const start = Date.parse(event.time) - event.clock_error_ms;
  return { camera: event.camera, start, end: start + event.duration_ms, class: event.class ?? '', colour: event.colour?.name, heading: event.heading ?? undefined };
}

function followedOf(track: Track, skew: number): Followed {
  return {
    track: track.id, camera: track.camera, start: Date.parse(track.start) - skew, end: Date.parse(track.end) - skew,
    class: track.class, colour: track.colour?.name, heading: track.heading ?? undefined,
  };
}

function passingAt(seen: Seen, from: Camera, at: string, followed: Followed[]): Passing | undefined {
  const to = cameras.byId.get(at);
  const metres = to && metresBetween(from, to);
  if (metres === undefined || !from.geometry || !to?.geometry) return undefined;
  return passingOf(seen, { metres, bearing: bearingOf(from.geometry.coordinates, to.geometry.coordinates) }, followed);
}

export const passings = new Passings();
