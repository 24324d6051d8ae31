// Sheets of small pictures of a span: fetched once, drawn from while somebody moves along it.
import { get } from '../api/client';
import { rfc3339 } from '../words/time.svelte';

export interface Sprite {
  image: ImageBitmap;
  tileWidth: number;
  tileHeight: number;
  /** Where each picture lies, in px, and its moment, in ms; in order. */
  pictures: { time: number; left: number; top: number }[];
  /** How far apart pictures lie at most, in ms. */
  apart: number;
}

/** Pictures of a sheet. */
const COUNT = 60;
/** Sheets kept. */
const KEPT = 12;
/** The longest span that the service makes one of, in ms. */
export const LONGEST = 48 * 3600_000;

const kept = new Map<string, Promise<Sprite | undefined>>();

/** Returns the sheet of a span; undefined where there is none, or it may not be seen. */
export function sprite(camera: string, start: number, end: number): Promise<Sprite | undefined> {
  const key = `${camera} ${start} ${end}`;
  const known = kept.get(key);
  if (known) return known;
  const coming = fetched(camera, start, end).catch(() => {
    kept.delete(key);
    return undefined;
  });
  kept.set(key, coming);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
  return coming;
}

async function fetched(camera: string, start: number, end: number): Promise<Sprite | undefined> {
  const query = { start: rfc3339(start), end: rfc3339(end), count: COUNT };
  const told = await get('/api/v1/cameras/{camera}/sprite', { path: { camera }, query });
  const response = await fetch(told.href);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const image = await createImageBitmap(await response.blob());
  const { tile_width: tileWidth, tile_height: tileHeight } = told;
  const pictures = told.pictures.map(({ time, column, row }) =>
    ({ time: Date.parse(time), left: column * tileWidth, top: row * tileHeight }));
  return { image, tileWidth, tileHeight, pictures, apart: (end - start) / COUNT };
}

/** Returns the picture of a sheet that is nearest to a moment; undefined where none is near. */
export function nearest(found: Sprite, at: number): Sprite['pictures'][number] | undefined {
  let best: Sprite['pictures'][number] | undefined;
  for (const picture of found.pictures) {
    if (!best || Math.abs(picture.time - at) < Math.abs(best.time - at)) best = picture;
  }
  return best && Math.abs(best.time - at) <= found.apart ? best : undefined;
}
