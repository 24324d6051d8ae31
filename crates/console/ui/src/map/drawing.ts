// Drawing on the map, by mouse and by keyboard: points are set one after the other, where the pointer
// is pressed or where the cross stands that arrow keys move.
import type { FeatureCollection, Feature } from 'geojson';
import type { Map as Drawn, MapMouseEvent } from 'maplibre-gl';
import { LEAST, MOST, REACH, areaOf, outline, type Area, type AreaKind, type Place } from './areas';
import { NOTHING } from './style';

/** How far an arrow key moves the cross, in pixels; with Shift. */
const STEP = 12;
const LEAP = 72;
/** So near to the edge of the map the map moves along, in pixels. */
const MARGIN = 40;

/** What is being drawn. */
export interface Sketch {
  kind: AreaKind;
  points: Place[];
  /** Where the cross stands, and where that is on the screen; undefined while the mouse draws. */
  cross: { place: Place; x: number; y: number } | undefined;
}

export interface SketchTold {
  /** Something changed: `what` has just been done. */
  changed(sketch: Sketch, what: 'begun' | 'moved' | 'set' | 'undone' | 'full'): void;
  /** An area has been drawn to its end. */
  drawn(area: Area): void;
  cancelled(): void;
  show(features: FeatureCollection): void;
}

/** Owned by the map that is drawn on. */
export class MapDrawing {
  #sketch: Sketch | undefined;
  /** How far a corridor reaches, in metres. */
  reach = REACH;
  #isDragged = false;

  constructor(readonly map: Drawn, readonly told: SketchTold) {
    map.on('click', (event) => this.#clicked(event));
    map.on('dblclick', (event) => this.#doubleClicked(event));
    map.on('mousemove', (event) => this.#moved(event));
    map.on('mousedown', (event) => this.#pressed(event));
    map.on('mouseup', (event) => this.#released(event));
    map.on('move', () => this.#follow());
  }

  get isDrawing() {
    return this.#sketch !== undefined;
  }

  begin(kind: AreaKind) {
    const { map } = this;
    this.#sketch = { kind, points: [], cross: undefined };
    map.getCanvas().style.cursor = 'crosshair';
    if (kind === 'box') map.dragPan.disable();
    map.doubleClickZoom.disable();
    this.told.show(NOTHING);
    this.told.changed(this.#sketch, 'begun');
  }

  end() {
    const { map } = this;
    this.#sketch = undefined;
    this.#isDragged = false;
    map.getCanvas().style.cursor = '';
    map.dragPan.enable();
    map.doubleClickZoom.enable();
  }

  /** Takes the last point away. */
  undo() {
    const sketch = this.#sketch;
    if (!sketch || sketch.points.length === 0) return;
    this.#put({ ...sketch, points: sketch.points.slice(0, -1) }, 'undone');
  }

  finish() {
    const sketch = this.#sketch;
    const area = sketch && areaOf(sketch.kind, sketch.points, this.reach);
    if (!area) return;
    this.end();
    this.told.drawn(area);
  }

  /** Does what a key says; returns whether it says anything. */
  key(event: KeyboardEvent): boolean {
    const sketch = this.#sketch;
    if (!sketch) return false;
    const step = event.shiftKey ? LEAP : STEP;
    const ways: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const way = ways[event.key];
    if (way) this.#moveCross(sketch, way);
    else if (event.key === ' ') this.#add(sketch, this.#crossOf(sketch));
    else if (event.key === 'Enter') this.finish();
    else if (event.key === 'Backspace' || event.key === 'Delete') this.undo();
    else if (event.key === 'Escape') this.#cancel();
    else if (event.key === '+' || event.key === '=' || event.key === '-') this.#zoom(sketch, event.key === '-' ? -1 : 1);
    else return false;
    return true;
  }

  #cancel() {
    this.end();
    this.told.show(NOTHING);
    this.told.cancelled();
  }

  #crossOf({ cross }: Sketch): Place {
    if (cross) return cross.place;
    const { lng, lat } = this.map.getCenter();
    return [lng, lat];
  }

  #moveCross(sketch: Sketch, [dx, dy]: [number, number]) {
    const { map } = this;
    const at = map.project(this.#crossOf(sketch));
    const { lng, lat } = map.unproject([at.x + dx, at.y + dy]);
    const { clientWidth, clientHeight } = map.getContainer();
    const beyond = (value: number, size: number) => (value < MARGIN ? value - MARGIN : value > size - MARGIN ? value - size + MARGIN : 0);
    const pan: [number, number] = [beyond(at.x + dx, clientWidth), beyond(at.y + dy, clientHeight)];
    this.#put({ ...sketch, cross: this.#standing([lng, lat]) }, 'moved');
    if (pan[0] !== 0 || pan[1] !== 0) map.panBy(pan, { duration: 0 });
  }

  #zoom(sketch: Sketch, by: 1 | -1) {
    const place = this.#crossOf(sketch);
    this.map.zoomTo(this.map.getZoom() + by, { around: place, duration: 0 });
    this.#put({ ...sketch, cross: this.#standing(place) }, 'moved');
  }

  #standing(place: Place): NonNullable<Sketch['cross']> {
    const { x, y } = this.map.project(place);
    return { place, x, y };
  }

  /** The map has moved: the cross stays at its place. */
  #follow() {
    const sketch = this.#sketch;
    if (!sketch?.cross) return;
    this.#sketch = { ...sketch, cross: this.#standing(sketch.cross.place) };
    this.told.changed(this.#sketch, 'moved');
  }

  #add(sketch: Sketch, place: Place) {
    const last = sketch.points.at(-1);
    // Twice at one place is one point.
    if (last && last[0] === place[0] && last[1] === place[1]) return;
    const next = { ...sketch, cross: sketch.cross ?? this.#standing(place), points: [...sketch.points, place] };
    if (sketch.points.length >= MOST[sketch.kind]) {
      this.told.changed(sketch, 'full');
      return;
    }
    this.#put(next, 'set');
    if (next.points.length >= MOST[next.kind]) this.finish();
  }

  #put(sketch: Sketch, what: 'moved' | 'set' | 'undone') {
    this.#sketch = sketch;
    this.#draw(sketch.cross?.place);
    this.told.changed(sketch, what);
  }

  /** Draws what there is, and what it would be with a point more. */
  #draw(next: Place | undefined) {
    const sketch = this.#sketch;
    if (!sketch) return;
    const { kind, points } = sketch;
    const tried = next && points.length > 0 && points.length < MOST[kind] ? [...points, next] : points;
    const area = tried.length >= LEAST[kind] ? areaOf(kind, tried, this.reach) : undefined;
    this.told.show(area ? areaFeatures(area, points) : lineFeatures(tried, points));
  }

  #clicked(event: MapMouseEvent) {
    const sketch = this.#sketch;
    if (!sketch || sketch.kind === 'box') return;
    this.#add({ ...sketch, cross: undefined }, [event.lngLat.lng, event.lngLat.lat]);
    if (this.#sketch) this.#sketch = { ...this.#sketch, cross: undefined };
  }

  #doubleClicked(event: MapMouseEvent) {
    const sketch = this.#sketch;
    if (sketch?.kind !== 'polygon' && sketch?.kind !== 'corridor') return;
    event.preventDefault();
    // The two clicks of a double click are two points at one place, or nearly.
    const [last, before] = [sketch.points.at(-1), sketch.points.at(-2)];
    const near = last && before && this.map.project(last).dist(this.map.project(before)) < 6;
    if (near) this.#sketch = { ...sketch, points: sketch.points.slice(0, -1) };
    this.finish();
  }

  #pressed(event: MapMouseEvent) {
    const sketch = this.#sketch;
    if (sketch?.kind !== 'box') return;
    this.#isDragged = true;
    this.#sketch = { ...sketch, cross: undefined, points: [[event.lngLat.lng, event.lngLat.lat]] };
  }

  #moved(event: MapMouseEvent) {
    const sketch = this.#sketch;
    if (!sketch || sketch.points.length === 0 || (sketch.kind === 'box' && !this.#isDragged)) return;
    this.#sketch = { ...sketch, cross: undefined };
    this.#draw([event.lngLat.lng, event.lngLat.lat]);
  }

  #released(event: MapMouseEvent) {
    const sketch = this.#sketch;
    if (sketch?.kind !== 'box' || !this.#isDragged) return;
    this.#isDragged = false;
    this.#add(sketch, [event.lngLat.lng, event.lngLat.lat]);
  }
}

const point = (place: Place): Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: place } });
const line = (places: Place[]): Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: places } });

/** An area as the map draws it; with the points that were set while it is drawn. */
export function areaFeatures(area: Area, points: Place[] = []): FeatureCollection {
  const corners = outline(area);
  const [first] = corners;
  if (!first) return NOTHING;
  const shape: Feature = { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[...corners, first]] } };
  return { type: 'FeatureCollection', features: [shape, ...(area.kind === 'corridor' ? [line(area.corners)] : []), ...points.map(point)] };
}

function lineFeatures(places: Place[], points: Place[]): FeatureCollection {
  return { type: 'FeatureCollection', features: [...(places.length > 1 ? [line(places)] : []), ...points.map(point)] };
}
