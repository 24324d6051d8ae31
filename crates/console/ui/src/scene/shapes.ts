// What is drawn on a camera's view, pure: zones, tripwires, masks and points of the ground, each of
// corners that are 0 to 1 from left to right and from top to bottom.

export type Corner = [number, number];

/** The lamps of a traffic light. */
export const LAMPS = ['red', 'amber', 'green'] as const;
export type Lamp = (typeof LAMPS)[number];

/** `zone`: an area; `tripwire`: a directed line; `mask`: an area that nothing looks at; `ground`: points whose place was
 * measured; the rest: areas around the lamps of the traffic light that the shape is named after. */
export type ShapeKind = 'zone' | 'tripwire' | 'mask' | 'ground' | Lamp;

export interface Shape {
  /** Tells it apart on the page; no name of the configuration. */
  key: number;
  kind: ShapeKind;
  name: string;
  corners: Corner[];
  /** Of `ground`: where each corner is, `[east, north]` in metres. */
  metres: Corner[];
}

/** Corners that a shape needs before it can be used. */
export const LEAST: Record<ShapeKind, number> = { zone: 3, tripwire: 2, mask: 3, ground: 4, red: 3, amber: 3, green: 3 };
/** Corners that it can have. */
export const MOST: Record<ShapeKind, number> = { zone: 64, tripwire: 2, mask: 64, ground: 32, red: 16, amber: 16, green: 16 };

/** The configuration is read by people: a ten-thousandth of a view is less than a pixel. */
const round = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;

export const corner = (x: number, y: number): Corner => [round(x), round(y)];

/** Adds a corner; a shape that is full stays as it is. */
export function withCorner(shape: Shape, at: Corner): Shape {
  if (shape.corners.length >= MOST[shape.kind]) return shape;
  const metres: Corner[] = shape.kind === 'ground' ? [...shape.metres, [0, 0]] : shape.metres;
  return { ...shape, corners: [...shape.corners, corner(...at)], metres };
}

export function moved(shape: Shape, index: number, at: Corner): Shape {
  return { ...shape, corners: shape.corners.map((old, place) => (place === index ? corner(...at) : old)) };
}

/** Takes a corner away. */
export function without(shape: Shape, index: number): Shape {
  return { ...shape, corners: shape.corners.toSpliced(index, 1), metres: shape.metres.toSpliced(index, 1) };
}

/** Puts a corner in the middle of the side that begins at `index`. */
export function split(shape: Shape, index: number): Shape {
  const from = shape.corners[index];
  const to = shape.corners[(index + 1) % shape.corners.length];
  if (!from || !to || shape.corners.length >= MOST[shape.kind]) return shape;
  return { ...shape, corners: shape.corners.toSpliced(index + 1, 0, corner((from[0] + to[0]) / 2, (from[1] + to[1]) / 2)) };
}

export const isLamp = (kind: ShapeKind): kind is Lamp => LAMPS.some((lamp) => lamp === kind);

export const isWhole = ({ kind, corners }: Shape) => corners.length >= LEAST[kind];

/** Whether two sides cross: such an area has no inside that people would agree on. */
export function crossesItself({ kind, corners }: Shape): boolean {
  if (kind === 'tripwire' || kind === 'ground' || corners.length < 4) return false;
  const sides = corners.map((from, index): [Corner, Corner] => [from, corners[(index + 1) % corners.length] ?? from]);
  return sides.some((one, at) => sides.some((other, place) => {
    const apart = Math.abs(at - place);
    return place > at && apart !== 1 && apart !== sides.length - 1 && cross(one, other);
  }));
}

function cross([a, b]: [Corner, Corner], [c, d]: [Corner, Corner]): boolean {
  const side = (p: Corner, q: Corner, r: Corner) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

/** Where a directed line's left is: seen by somebody who walks on the picture from its start to its end. */
export function leftOf([from, to]: [Corner, Corner], aspect: number): Corner {
  const [dx, dy] = [(to[0] - from[0]) * aspect, to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  return [dy / length / aspect, -dx / length];
}

/** A name that no shape of the kind has yet. */
export function freeName(shapes: Shape[], kind: ShapeKind, stem: string): string {
  const taken = new Set(shapes.filter((shape) => shape.kind === kind).map(({ name }) => name));
  for (let number = 1; ; number += 1) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
}
