// What stands where on a page of live views: pure. A wall is told all of it by its address, so that
// it needs nothing from the browser that it was made in.
import { ROUTES } from '../shell/routes';

export const SIZES = [1, 4, 9, 16] as const;
export type Size = (typeof SIZES)[number];

/** So many tiles, each with a camera or none. */
export interface Layout {
  size: Size;
  cameras: (string | null)[];
}

/** A layout that was given a name. */
export interface NamedLayout extends Layout {
  name: string;
}

/** How long each of several layouts stands, in seconds. */
export const DWELLS = [10, 20, 30, 60] as const;
const SHORTEST_DWELL = 5;
const LONGEST_DWELL = 3600;
/** An address holds no more layouts than this. */
const MOST_LAYOUTS = 64;

export const empty = (size: Size): Layout => ({ size, cameras: Array.from({ length: size }, () => null) });

export const isSize = (value: unknown): value is Size => SIZES.includes(value as Size);

/** Returns `layout` with another number of tiles; what has no room any more is left out. */
export function resized({ cameras }: Layout, size: Size): Layout {
  // Those that are there come first, so that a smaller wall shows them.
  const kept = cameras.filter((camera) => camera !== null).length > size ? cameras.filter((camera) => camera !== null) : cameras;
  const fits = kept.slice(size).every((camera) => camera === null);
  const all = fits ? kept : cameras.filter((camera) => camera !== null);
  return { size, cameras: Array.from({ length: size }, (_, index) => all[index] ?? null) };
}

/** Returns `layout` with `camera` in the tile `index` and in no other; `null` empties the tile. */
export function put({ size, cameras }: Layout, index: number, camera: string | null): Layout {
  const there = cameras[index] ?? null;
  return {
    size,
    cameras: cameras.map((one, at) => {
      if (at === index) return camera;
      // It changes places with what was there.
      return camera !== null && one === camera ? there : one;
    }),
  };
}

/** Returns all of `cameras` in layouts of `size`, the last as full as they go. */
export function pagesOf(cameras: string[], size: Size): Layout[] {
  const pages: Layout[] = [];
  for (let from = 0; from < cameras.length; from += size) pages.push(resized({ size, cameras: cameras.slice(from, from + size) }, size));
  return pages;
}

/** Returns the address of a wall that shows `layouts` in turn. */
export function wallAddress(layouts: Layout[], dwell: number): string {
  const [first] = layouts;
  if (!first) return ROUTES.wall;
  const query = new URLSearchParams(layouts.map(({ cameras }): [string, string] => ['cameras', cameras.map((camera) => camera ?? '').join(',')]));
  if (layouts.length > 1) query.set('dwell', String(dwell));
  return `${ROUTES.wall}/${Math.max(...layouts.map(({ size }) => size))}?${query.toString()}`;
}

/** Reads what `wallAddress` wrote; undefined when it shows nothing. */
export function wallOf(item: string | undefined, query: URLSearchParams): { layouts: Layout[]; dwell: number } | undefined {
  const size = Number(item);
  if (!isSize(size)) return undefined;
  const lists = query.getAll('cameras').slice(0, MOST_LAYOUTS);
  const layouts = lists.map((list) => {
    const cameras = list.split(',').map((camera) => camera || null);
    // One camera is shown once.
    return resized({ size, cameras: cameras.map((camera, at) => (cameras.indexOf(camera) === at ? camera : null)) }, size);
  });
  const asked = Number(query.get('dwell')) || DWELLS[1];
  const shown = layouts.filter(({ cameras }) => cameras.some((camera) => camera !== null));
  return shown.length > 0 ? { layouts: shown, dwell: Math.min(LONGEST_DWELL, Math.max(SHORTEST_DWELL, asked)) } : undefined;
}
