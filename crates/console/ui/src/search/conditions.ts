// What is searched for: as the form has it, as the address keeps it, as the API takes it. Pure.
import type { Camera } from '../api/types';
import type { Area } from '../map/city-map';
import { plain } from '../words/plain';
import { rfc3339 } from '../words/time.svelte';

export interface Conditions {
  /** Wall-clock moments, in ms. */
  start: number;
  end: number;
  /** Name of a street, ward or camera. */
  place: string;
  cameras: string[];
  area: Area | undefined;
  kind: string[];
  class: string[];
  colour: string[];
  size: string[];
  heading: string[];
  /** This severity or graver; undefined for any. */
  severity: number | undefined;
  /** `07:00-09:00`, or empty. */
  daily: string;
  order: 'newest' | 'oldest';
  /** Least confidence, 0 to 1: applied here, so that what it hides can be counted. */
  confidence: number;
}

const HOUR = 3600_000;
const LISTS = ['cameras', 'kind', 'class', 'colour', 'size', 'heading'] as const;

/** The last 24 hours, everything. */
export function anything(now: number): Conditions {
  return {
    start: now - 24 * HOUR, end: now, place: '', cameras: [], area: undefined, kind: [], class: [], colour: [], size: [],
    heading: [], severity: undefined, daily: '', order: 'newest', confidence: 0,
  };
}

/** Reads what an address asks for; what it does not say is as in `anything`. */
export function fromAddress(query: URLSearchParams, now: number): Conditions {
  const conditions = anything(now);
  const time = (name: string) => Date.parse(query.get(name) ?? '');
  if (!Number.isNaN(time('start'))) conditions.start = time('start');
  if (!Number.isNaN(time('end'))) conditions.end = time('end');
  for (const name of LISTS) conditions[name] = query.get(name)?.split(',').filter(Boolean) ?? [];
  conditions.place = query.get('place') ?? '';
  conditions.daily = query.get('daily') ?? '';
  conditions.area = readArea(query);
  const severity = Number(query.get('severity'));
  if (severity >= 1 && severity <= 4) conditions.severity = severity;
  if (query.get('order') === 'oldest') conditions.order = 'oldest';
  const confidence = Number(query.get('confidence'));
  if (confidence > 0 && confidence <= 1) conditions.confidence = confidence;
  return conditions;
}

/** Writes an address that asks for the same. */
export function toAddress(conditions: Conditions): Record<string, string | undefined> {
  const { confidence } = conditions;
  return { ...toApi(conditions), confidence: confidence > 0 ? String(confidence) : undefined };
}

/** Returns the parameters of `GET /events`; only one way of saying where goes. */
export function toApi(conditions: Conditions): Record<string, string | undefined> {
  const lists = Object.fromEntries(LISTS.map((name) => [name, conditions[name].join(',') || undefined]));
  const corners = conditions.area?.corners;
  return {
    start: rfc3339(conditions.start),
    end: rfc3339(conditions.end),
    ...lists,
    place: conditions.area ? undefined : conditions.place.trim() || undefined,
    bbox: conditions.area?.kind === 'box' && corners ? box(corners) : undefined,
    polygon: conditions.area?.kind === 'polygon' ? corners?.map(([lon, lat]) => `${round(lat)},${round(lon)}`).join(';') : undefined,
    severity: conditions.severity ? String(conditions.severity) : undefined,
    daily: conditions.daily || undefined,
    order: conditions.order === 'oldest' ? 'oldest' : undefined,
  };
}

/** Degrees to a tenth of a metre or so. */
const round = (degrees: number) => Number(degrees.toFixed(6));

function box(corners: [number, number][]): string {
  const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
  return [Math.min(...lats), Math.min(...lons), Math.max(...lats), Math.max(...lons)].map(round).join(',');
}

function readArea(query: URLSearchParams): Area | undefined {
  const numbers = query.get('bbox')?.split(',').map(Number);
  if (numbers?.length === 4 && numbers.every(Number.isFinite)) {
    const [south, west, north, east] = numbers as [number, number, number, number];
    return { kind: 'box', corners: [[west, south], [east, south], [east, north], [west, north]] };
  }
  const corners = query.get('polygon')?.split(';').map((corner): [number, number] => {
    const [lat, lon] = corner.split(',').map(Number);
    return [lon ?? NaN, lat ?? NaN];
  });
  const isWhole = corners && corners.length >= 3 && corners.flat().every(Number.isFinite);
  return isWhole ? { kind: 'polygon', corners } : undefined;
}

/** The cameras that the conditions ask: whose coverage says what could not be seen. */
export function camerasAsked(conditions: Conditions, cameras: Camera[]): Camera[] {
  return cameras.filter((camera) => {
    if (conditions.cameras.length > 0 && !conditions.cameras.includes(camera.id)) return false;
    if (conditions.area) return camera.geometry ? isInside(camera.geometry.coordinates as [number, number], conditions.area.corners) : false;
    const wanted = plain(conditions.place);
    return wanted === '' || [camera.properties.name, ...camera.properties.place].some((name) => plain(name).includes(wanted));
  });
}

/** Whether a point lies inside a polygon, by the number of sides that a ray from it crosses. */
export function isInside([x, y]: [number, number], corners: [number, number][]): boolean {
  let inside = false;
  corners.forEach(([xa, ya], index) => {
    const [xb, yb] = corners[(index + 1) % corners.length] ?? [xa, ya];
    if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) inside = !inside;
  });
  return inside;
}
