// When something that was seen at one camera may have passed another: a candidate by what it is, its colour and how
// long the way takes; never who or what it was. Pure.

/** Something that was seen, on the common clock. */
export interface Seen {
  camera: string;
  /** In ms. */
  start: number;
  end: number;
  class: string;
  colour: string | undefined;
  /** Degrees clockwise from north; undefined where that is not known. */
  heading: number | undefined;
}

/** Something that was followed at another camera. */
export interface Followed extends Seen {
  track: string;
}

/** How one gets from the one camera to the other. */
export interface Way {
  metres: number;
  /** Where the other camera lies, in degrees clockwise from north. */
  bearing: number;
}

export interface Passing {
  followed: Followed;
  /** How many there are that may be it: the fewer, the better. */
  count: number;
}

/** Classes that are taken for each other. */
const ALIKE = [['person'], ['bicycle', 'motorcycle'], ['car', 'bus', 'truck']];
/** Metres a second: the least on the way with all that holds one up, what is usual, the most. */
const PACES: Record<string, [number, number, number]> = { person: [0.5, 1.3, 3.5], bicycle: [1, 4, 11], motorcycle: [1.5, 7, 25] };
const OTHER_PACE: [number, number, number] = [1.5, 8, 33];
/** Ways are longer than the straight line: by so much usually, and at most. */
const USUAL_BEND = 1.3;
const MOST_BEND = 2;
/** Waiting at lights, in ms, and how much clocks and boxes are trusted. */
const HELD_UP = 90_000;
const SLACK = 3000;
/** Nobody is looked for further in time than this, in ms. */
export const FARTHEST = 15 * 60_000;
/** Who goes away from a camera by more than this, in degrees, came from there. */
const AWAY = 105;
/** Colours that light takes for each other. */
const NEIGHBOURS = [['white', 'grey'], ['grey', 'black'], ['red', 'brown'], ['blue', 'black'], ['yellow', 'white']];

/** The classes that something of a class may have been taken for at another camera. */
export const alike = (word: string) => ALIKE.find((words) => words.includes(word)) ?? [word];

/** Returns what fits best, and how much there is that fits; undefined where nothing does. */
export function passingOf(seen: Seen, way: Way, followed: Followed[]): Passing | undefined {
  const rated = followed.flatMap((one) => {
    const rating = rate(seen, way, one);
    return rating === undefined ? [] : [{ one, rating }];
  }).sort((a, b) => a.rating - b.rating);
  const [best] = rated;
  return best && { followed: best.one, count: rated.length };
}

/** How badly something fits, 0 best; undefined where it does not. */
function rate(seen: Seen, { metres, bearing }: Way, one: Followed): number | undefined {
  if (!alike(seen.class).includes(one.class)) return undefined;
  const colour = differenceOf(seen.colour, one.colour);
  if (colour === undefined) return undefined;
  const isLater = one.start >= seen.start;
  const turned = seen.heading === undefined ? undefined : Math.abs(((bearing - seen.heading + 540) % 360) - 180);
  if (turned !== undefined && (isLater ? turned > AWAY : turned < 180 - AWAY)) return undefined;
  const took = Math.max(0, isLater ? one.start - seen.end : seen.start - one.end);
  const [slowest, usual, fastest] = PACES[seen.class] ?? OTHER_PACE;
  const least = (metres / fastest) * 1000 - SLACK;
  const most = Math.min(FARTHEST, ((metres * MOST_BEND) / slowest) * 1000 + HELD_UP);
  if (took < least || took > most) return undefined;
  const expected = ((metres * USUAL_BEND) / usual) * 1000 + SLACK;
  return Math.abs(Math.log((took + SLACK) / expected)) + colour + (one.class === seen.class ? 0 : 0.5);
}

/** How different two colours are; undefined where they are not one. */
function differenceOf(one: string | undefined, other: string | undefined): number | undefined {
  if (!one || !other) return 0.4;
  if (one === other) return 0;
  return NEIGHBOURS.some((pair) => pair.includes(one) && pair.includes(other)) ? 1 : undefined;
}

/** The direction from one place to another, `[lon, lat]`, in degrees clockwise from north. */
export function bearingOf([fromLon = 0, fromLat = 0]: number[], [toLon = 0, toLat = 0]: number[]): number {
  const east = (toLon - fromLon) * Math.cos((fromLat * Math.PI) / 180);
  return ((Math.atan2(east, toLat - fromLat) * 180) / Math.PI + 360) % 360;
}
