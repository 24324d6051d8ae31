// How well measured points of the ground fit each other: the plane that the service reckons with
// (crates/scene/src/ground.rs), found in the same way, so that a wrong point is seen while it is drawn. Pure.
import type { Corner } from './shapes';

export interface Fit {
  /** How far each point is from where the others put it, in metres. */
  off: number[];
  /** Root mean square of it, in metres; undefined where there are only four points, which always fit. */
  residual: number | undefined;
  /** The residual above which the service refuses the points, in metres. */
  most: number;
}

const LEAST = 4;
/** As in ground.rs: a part of the extent of the points, and metres. */
const WORST = { part: 0.03, metres: 0.5 };

/** Fits the plane; undefined where the points determine none: too few, or on a line. */
export function fit(picture: Corner[], metres: Corner[]): Fit | undefined {
  if (picture.length < LEAST || picture.length !== metres.length) return undefined;
  const matrix = homography(picture, metres);
  if (!matrix) return undefined;
  const off = picture.map((point, index) => {
    const [x, y] = mapped(matrix, point);
    const [east, north] = metres[index] ?? [NaN, NaN];
    return Math.hypot(x - east, y - north);
  });
  if (!off.every(Number.isFinite)) return undefined;
  const further = picture.length - LEAST;
  const sum = off.reduce((all, one) => all + one * one, 0);
  const [east, north] = [metres.map(([x]) => x), metres.map(([, y]) => y)];
  const extent = Math.hypot(Math.max(...east) - Math.min(...east), Math.max(...north) - Math.min(...north));
  return { off, residual: further === 0 ? undefined : Math.sqrt(sum / (2 * further)), most: Math.max(WORST.part * extent, WORST.metres) };
}

type Matrix = number[];

/** The direct linear transform with normalised coordinates (Hartley, Zisserman, §4.1 and §4.4). */
function homography(from: Corner[], to: Corner[]): Matrix | undefined {
  const [one, other] = [normalised(from), normalised(to)];
  if (!one || !other) return undefined;
  const normal = Array.from({ length: 8 }, () => new Array<number>(9).fill(0));
  one.points.forEach(([x, y], index) => {
    const [u, v] = other.points[index] ?? [0, 0];
    for (const row of [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]]) {
      for (let line = 0; line < 8; line += 1) {
        const sums = normal[line];
        for (let column = 0; sums && column < 9; column += 1) sums[column] = (sums[column] ?? 0) + (row[line] ?? 0) * (row[column] ?? 0);
      }
    }
  });
  const solved = eliminated(normal);
  if (!solved) return undefined;
  return times(times(other.back, [...solved, 1]), one.there);
}

function normalised(points: Corner[]): { points: Corner[]; there: Matrix; back: Matrix } | undefined {
  const count = points.length;
  const [cx, cy] = [0, 1].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / count) as Corner;
  const far = points.reduce((sum, [x, y]) => sum + Math.hypot(x - cx, y - cy), 0) / count;
  if (!(far > 1e-9)) return undefined;
  const scale = Math.SQRT2 / far;
  return {
    points: points.map(([x, y]): Corner => [(x - cx) * scale, (y - cy) * scale]),
    there: [scale, 0, -cx * scale, 0, scale, -cy * scale, 0, 0, 1],
    back: [1 / scale, 0, cx, 0, 1 / scale, cy, 0, 0, 1],
  };
}

/** Gaussian elimination with pivots; undefined where the equations determine nothing. */
function eliminated(rows: number[][]): number[] | undefined {
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    const [chosen, here] = [rows[pivot], rows[column]];
    if (!chosen || !here || Math.abs(chosen[column] ?? 0) < 1e-9) return undefined;
    [rows[column], rows[pivot]] = [chosen, here];
    for (let row = 0; row < size; row += 1) {
      const other = rows[row];
      if (row === column || !other) continue;
      const share = (other[column] ?? 0) / (chosen[column] ?? 1);
      for (let place = column; place <= size; place += 1) other[place] = (other[place] ?? 0) - share * (chosen[place] ?? 0);
    }
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] ?? 1));
}

const times = (one: Matrix, other: Matrix): Matrix => Array.from({ length: 9 }, (_, place) => {
  const [row, column] = [Math.floor(place / 3), place % 3];
  return [0, 1, 2].reduce((sum, step) => sum + (one[row * 3 + step] ?? 0) * (other[step * 3 + column] ?? 0), 0);
});

function mapped([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0]: Matrix, [x, y]: Corner): Corner {
  const third = g * x + h * y + i;
  return [(a * x + b * y + c) / third, (d * x + e * y + f) / third];
}
