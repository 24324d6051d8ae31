// Areas of the map: what is drawn, where its edge is, what lies inside. Pure; places are longitude and
// latitude in degrees, and lengths metres, well enough for a city.

export type Place = [lon: number, lat: number];

export type AreaKind = 'box' | 'polygon' | 'circle' | 'corridor';

export interface Area {
  kind: AreaKind;
  /** Corners of a box or polygon, the centre of a circle, the line of a corridor. */
  corners: Place[];
  /** Radius of a circle; how far a corridor reaches to each side, in metres. */
  metres?: number;
}

/** Points that must be set before an area is whole; with the most of them it is. */
export const LEAST: Record<AreaKind, number> = { box: 2, polygon: 3, circle: 2, corridor: 2 };
export const MOST: Record<AreaKind, number> = { box: 2, polygon: 100, circle: 2, corridor: 100 };
/** A corridor as wide as a street with its pavements and where cameras stand. */
export const REACH = 80;
/** Sides of a circle as it is drawn. */
const SIDES = 72;
const PER_DEGREE = 111_320;
/** A corner sharper than this is cut off: it would reach far beyond the line. */
const SHARPEST = 2.5;

/** Returns the area that points make, set one after the other; undefined while they are too few. */
export function areaOf(kind: AreaKind, points: Place[], reach = REACH): Area | undefined {
  const [first, second] = points;
  if (!first || !second || points.length < LEAST[kind]) return undefined;
  if (kind === 'box') return { kind, corners: [first, [second[0], first[1]], second, [first[0], second[1]]] };
  if (kind === 'circle') return { kind, corners: [first], metres: Math.max(1, Math.round(metresBetween(first, second))) };
  return kind === 'corridor' ? { kind, corners: points, metres: reach } : { kind, corners: points };
}

/** Returns the corners of its edge, in order. */
export function outline({ kind, corners, metres = 0 }: Area): Place[] {
  const [centre] = corners;
  if (kind === 'circle' && centre) return Array.from({ length: SIDES }, (_, side) => towards(centre, (side / SIDES) * 2 * Math.PI, metres));
  if (kind !== 'corridor') return corners;
  return [...besides(corners, metres), ...besides(corners.toReversed(), metres)];
}

/** Whether a place lies in an area. */
export function contains(area: Area, place: Place): boolean {
  const { kind, corners, metres = 0 } = area;
  const [centre] = corners;
  if (kind === 'circle') return centre !== undefined && metresBetween(centre, place) <= metres;
  if (kind === 'corridor') return corners.some((from, index) => metresToSide(place, from, corners[index + 1] ?? from) <= metres);
  return isInside(place, corners);
}

/** Whether a point lies inside a polygon, by the number of sides that a ray from it crosses. */
export function isInside([x, y]: Place, corners: Place[]): boolean {
  let inside = false;
  corners.forEach(([xa, ya], index) => {
    const [xb, yb] = corners[(index + 1) % corners.length] ?? [xa, ya];
    if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) inside = !inside;
  });
  return inside;
}

export function metresBetween(one: Place, other: Place): number {
  return Math.hypot(...flat(one, other));
}

/** Which of the eight points of the compass lies in the direction of `to`. */
export function compass(from: Place, to: Place): string {
  const [east, north] = flat(from, to);
  const eighth = Math.round(Math.atan2(east, north) / (Math.PI / 4));
  return ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'][(eighth + 8) % 8] ?? 'n';
}

/** Metres to the east and to the north. */
function flat([lonA, latA]: Place, [lonB, latB]: Place): [number, number] {
  const narrow = Math.cos((((latA + latB) / 2) * Math.PI) / 180);
  return [(lonB - lonA) * PER_DEGREE * narrow, (latB - latA) * PER_DEGREE];
}

function moved([lon, lat]: Place, east: number, north: number): Place {
  return [lon + east / (PER_DEGREE * Math.cos((lat * Math.PI) / 180)), lat + north / PER_DEGREE];
}

const towards = (from: Place, angle: number, metres: number) => moved(from, Math.sin(angle) * metres, Math.cos(angle) * metres);

function metresToSide(place: Place, from: Place, to: Place): number {
  const [x, y] = flat(from, place);
  const [dx, dy] = flat(from, to);
  const along = dx === 0 && dy === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - along * dx, y - along * dy);
}

/** The line that lies `metres` to the left of another. */
function besides(line: Place[], metres: number): Place[] {
  return line.map((place, index) => {
    const before = line[index - 1];
    const after = line[index + 1];
    const one = before ? left(before, place) : after ? left(place, after) : [0, 0];
    const other = after ? left(place, after) : one;
    const [x, y] = [(one[0] ?? 0) + (other[0] ?? 0), (one[1] ?? 0) + (other[1] ?? 0)];
    const length = Math.hypot(x, y);
    if (length < 0.01) return moved(place, (one[0] ?? 0) * metres, (one[1] ?? 0) * metres);
    // At a bend the middle lies further out, so that both sides keep their distance.
    const far = Math.min(SHARPEST, 2 / length);
    return moved(place, (x / length) * metres * far, (y / length) * metres * far);
  });
}

function left(from: Place, to: Place): [number, number] {
  const [east, north] = flat(from, to);
  const length = Math.hypot(east, north) || 1;
  return [-north / length, east / length];
}
