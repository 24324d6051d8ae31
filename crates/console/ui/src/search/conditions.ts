// What is searched for: as the form has it, as the address keeps it, as the API takes it. Pure.
import type { Camera } from '../api/types';
import { contains, type Area, type Place } from '../map/areas';
import { plain } from '../words/plain';
import { rfc3339 } from '../words/time.svelte';

/** A point of a view: parts of its width and height, from its upper left corner. */
export type ViewPoint = [x: number, y: number];

/** A line drawn on the view of the one camera that is picked, and the way over it: as seen when looking along it. */
export interface Gate {
  line: [ViewPoint, ViewPoint];
  sense: 'left_to_right' | 'right_to_left' | undefined;
}

export interface Conditions {
  /** Wall-clock moments, in ms; they say nothing while `around` does. */
  start: number;
  end: number;
  /** The event around which it is searched, and minutes before and after it. */
  around: string | undefined;
  margin: number;
  /** Name of a street, ward or camera. */
  place: string;
  /** A named place of the service, by its id; empty for none. */
  placeId: string;
  cameras: string[];
  area: Area | undefined;
  kind: string[];
  class: string[];
  colour: string[];
  size: string[];
  heading: string[];
  /** Rules by their names. */
  rule: string[];
  /** How fast it went, in km/h, as the picture tells; 0 for any. */
  speedFrom: number;
  speedTo: number;
  /** This severity or graver; undefined for any. */
  severity: number | undefined;
  gate: Gate | undefined;
  /** How long it lasted at least, in seconds; 0 for any. */
  dwell: number;
  /** `07:00-09:00`, or empty. */
  daily: string;
  order: 'newest' | 'oldest';
  /** Least confidence, 0 to 1: applied here, so that what it hides can be counted. */
  confidence: number;
}

const HOUR = 3600_000;
/** Minutes before and after an event when nothing is said, and at most. */
const MARGIN = 10;
const MOST_MARGIN = 24 * 60;
const MOST_DWELL = 24 * 3600;
/** Nothing goes faster, in km/h. */
export const MOST_SPEED = 300;
const LISTS = ['cameras', 'kind', 'class', 'colour', 'size', 'heading', 'rule'] as const;

/** The last 24 hours, everything. */
export function anything(now: number): Conditions {
  return {
    start: now - 24 * HOUR, end: now, around: undefined, margin: MARGIN, gate: undefined, dwell: 0, place: '', placeId: '', cameras: [], area: undefined, kind: [], class: [], colour: [], size: [],
    heading: [], rule: [], speedFrom: 0, speedTo: 0, severity: undefined, daily: '', order: 'newest', confidence: 0,
  };
}

/** Whether the speeds asked for are none. */
export const isBadSpeed = ({ speedFrom, speedTo }: Conditions): boolean => speedTo > 0 && speedFrom > speedTo;

/** Reads what an address asks for; what it does not say is as in `anything`. */
export function fromAddress(query: URLSearchParams, now: number): Conditions {
  const conditions = anything(now);
  const time = (name: string) => Date.parse(query.get(name) ?? '');
  if (!Number.isNaN(time('start'))) conditions.start = time('start');
  if (!Number.isNaN(time('end'))) conditions.end = time('end');
  for (const name of LISTS) conditions[name] = query.get(name)?.split(',').filter(Boolean) ?? [];
  conditions.place = query.get('place') ?? '';
  conditions.placeId = query.get('place_id') ?? '';
  conditions.daily = query.get('daily') ?? '';
  conditions.area = readArea(query);
  const severity = Number(query.get('severity'));
  if (severity >= 1 && severity <= 4) conditions.severity = severity;
  if (query.get('order') === 'oldest') conditions.order = 'oldest';
  const dwell = Number(query.get('dwell'));
  if (dwell > 0 && dwell <= MOST_DWELL) conditions.dwell = dwell;
  const speed = (name: string) => {
    const kmh = Number(query.get(name));
    return kmh > 0 && kmh <= MOST_SPEED ? kmh : 0;
  };
  conditions.speedFrom = speed('speed_from');
  conditions.speedTo = speed('speed_to');
  conditions.around = query.get('around') || undefined;
  const margin = Number(query.get('margin')) / 60;
  if (margin >= 1 && margin <= MOST_MARGIN) conditions.margin = Math.round(margin);
  conditions.gate = conditions.cameras.length === 1 ? readGate(query) : undefined;
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
  const { around, gate, area, placeId } = conditions;
  const line = corners?.map(([lon, lat]) => `${round(lat)},${round(lon)}`).join(';');
  return {
    start: around ? undefined : rfc3339(conditions.start),
    end: around ? undefined : rfc3339(conditions.end),
    around,
    margin: around ? String(conditions.margin * 60) : undefined,
    gate: gate?.line.map(([x, y]) => `${part(x)},${part(y)}`).join(';'),
    sense: gate?.sense,
    dwell: conditions.dwell > 0 ? String(conditions.dwell) : undefined,
    speed_from: conditions.speedFrom > 0 ? String(conditions.speedFrom) : undefined,
    speed_to: conditions.speedTo > 0 ? String(conditions.speedTo) : undefined,
    ...lists,
    place: area || placeId ? undefined : conditions.place.trim() || undefined,
    place_id: area ? undefined : placeId || undefined,
    bbox: area?.kind === 'box' && corners ? box(corners) : undefined,
    polygon: area?.kind === 'polygon' ? line : undefined,
    circle: area?.kind === 'circle' ? `${line},${area.metres ?? 0}` : undefined,
    corridor: area?.kind === 'corridor' ? `${line};${area.metres ?? 0}` : undefined,
    severity: conditions.severity ? String(conditions.severity) : undefined,
    daily: conditions.daily || undefined,
    order: conditions.order === 'oldest' ? 'oldest' : undefined,
  };
}

/** Parts of a view to a pixel or so. */
const part = (share: number) => Number(share.toFixed(4));

function readGate(query: URLSearchParams): Gate | undefined {
  const points = query.get('gate')?.split(';').map((point) => point.split(',').map(Number));
  const isPoint = (point: number[] | undefined): point is ViewPoint => point?.length === 2 && point.every((share) => share >= 0 && share <= 1);
  const [from, to] = points ?? [];
  if (points?.length !== 2 || !isPoint(from) || !isPoint(to)) return undefined;
  const sense = query.get('sense');
  return { line: [from, to], sense: sense === 'left_to_right' || sense === 'right_to_left' ? sense : undefined };
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
  const placesOf = (text: string | undefined) => text?.split(';').map((corner): Place => {
    const [lat, lon] = corner.split(',').map(Number);
    return [lon ?? NaN, lat ?? NaN];
  });
  const areWhole = (places: Place[] | undefined, least: number): places is Place[] => places !== undefined && places.length >= least && places.flat().every(Number.isFinite);
  const corners = placesOf(query.get('polygon') ?? undefined);
  if (areWhole(corners, 3)) return { kind: 'polygon', corners };
  // The last number is a length in metres.
  const [, centre, radius] = /^([^,]+,[^,]+),([^,]+)$/.exec(query.get('circle') ?? '') ?? [];
  const [, along, reach] = /^(.+);([^,;]+)$/.exec(query.get('corridor') ?? '') ?? [];
  const [middle, line, metres] = [placesOf(centre), placesOf(along), Number(radius ?? reach)];
  if (!(metres > 0)) return undefined;
  if (areWhole(middle, 1)) return { kind: 'circle', corners: middle, metres };
  return areWhole(line, 2) ? { kind: 'corridor', corners: line, metres } : undefined;
}

/**
 * The cameras that the conditions ask: whose coverage says what could not be seen. `placed` are those in
 * the named place, as the service says.
 */
export function camerasAsked(conditions: Conditions, cameras: Camera[], placed: string[] = []): Camera[] {
  return cameras.filter((camera) => {
    if (conditions.cameras.length > 0 && !conditions.cameras.includes(camera.id)) return false;
    if (conditions.area) return camera.geometry ? contains(conditions.area, camera.geometry.coordinates as Place) : false;
    if (conditions.placeId) return placed.includes(camera.id);
    const wanted = plain(conditions.place);
    return wanted === '' || [camera.properties.name, ...camera.properties.place].some((name) => plain(name).includes(wanted));
  });
}
