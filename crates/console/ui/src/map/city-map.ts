// The map: MapLibre behind a few verbs. Loaded after the queue has been drawn, and only then.
import type { Feature, FeatureCollection, Position } from 'geojson';
import { Map as Drawn, addProtocol, setWorkerUrl, type GeoJSONSource, type LngLatBoundsLike, type MapMouseEvent } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { PMTiles, Protocol } from 'pmtiles';
import type { Alert, Camera } from '../api/types';
import { sign } from '../cameras/cameras.svelte';
import type { Area, AreaKind } from './areas';
import { MapDrawing, areaFeatures, type SketchTold } from './drawing';
import { together } from '../search/numbers';
import { attributionOf } from './attribution';
import { marks } from './marks';
import { sourceOf } from './site-layers';
import { NOTHING, SOURCES, style } from './style';

setWorkerUrl(workerUrl);
const protocol = new Protocol();
addProtocol('pmtiles', protocol.tile);

export interface Happens {
  camera(id: string): void;
  alert(id: string): void;
}

/** A base map: where it is, the layers it has, and whose it is. */
interface Basemap {
  url: string;
  layers: string[];
  attribution: string;
}

/** Where nothing is known of a site's cameras: Viet Nam. */
const COUNTRY: LngLatBoundsLike = [[102.1, 8.2], [110.2, 23.4]];

export class CityMap {
  #map: Drawn;
  #data = new Map<string, FeatureCollection>();
  #bounds: LngLatBoundsLike | undefined;
  #drawing: MapDrawing;
  #told: Omit<SketchTold, 'show'> | undefined;
  #isReady = false;

  private constructor(
    container: HTMLElement,
    private basemap: Basemap | undefined,
    private own: string[],
    private happens: Happens,
  ) {
    this.#map = new Drawn({
      container,
      style: style(basemap, own, colour),
      bounds: COUNTRY,
      // What a base map says of its makers is drawn by the page, as text: it is somebody else's.
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 19,
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.on('styleimagemissing', () => this.#addMarks());
    this.#map.on('style.load', () => this.#fill());
    this.#map.on('click', (event) => this.#clicked(event));
    this.#drawing = new MapDrawing(this.#map, {
      changed: (sketch, what) => this.#told?.changed(sketch, what),
      drawn: (area) => this.#told?.drawn(area),
      cancelled: () => this.#told?.cancelled(),
      show: (features) => this.#set('area', features),
    });
  }

  /**
   * Draws a map into `container`, on the base map at `basemap` if it can be read, with room for the site's `own`
   * layers. Throws where there is no WebGL.
   */
  static async open(container: HTMLElement, basemap: string | undefined, own: string[], happens: Happens): Promise<CityMap> {
    return new CityMap(container, basemap ? await readBasemap(basemap) : undefined, own, happens);
  }

  get hasBasemap() {
    return this.basemap !== undefined;
  }

  /** Whose the base map is, as its file says; empty where it says nothing. */
  get attribution() {
    return this.basemap?.attribution ?? '';
  }

  /** Names the map to a screen reader, in the language spoken now. */
  name(label: string) {
    this.#map.getCanvas().setAttribute('aria-label', label);
  }

  setCameras(cameras: Camera[]) {
    const placed = cameras.filter((camera) => camera.geometry);
    const features = placed.map((camera): Feature => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: camera.geometry?.coordinates as Position },
      properties: {
        id: camera.id,
        name: camera.properties.name,
        sign: sign(camera),
        ...(typeof camera.properties.heading === 'number' ? { heading: camera.properties.heading } : {}),
      },
    }));
    this.#set('cameras', { type: 'FeatureCollection', features });
    const isFirst = this.#bounds === undefined;
    this.#bounds = boundsOf(features.map((feature) => (feature.geometry as { coordinates: Position }).coordinates));
    if (!this.basemap && this.#bounds) this.#set('grid', grid(this.#bounds));
    if (isFirst) this.showAll(false);
  }

  setAlerts(alerts: Alert[]) {
    const features = alerts.filter((alert) => alert.location).map((alert): Feature => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [alert.location?.lon ?? 0, alert.location?.lat ?? 0] },
      properties: { id: alert.id, severity: alert.severity },
    }));
    this.#set('alerts', { type: 'FeatureCollection', features });
  }

  /** Rings these cameras, and goes there if they are out of view. */
  choose(ids: string[]) {
    const cameras = this.#data.get('cameras')?.features ?? [];
    const features = cameras.filter((camera) => ids.includes(String(camera.properties?.['id'])));
    this.#set('chosen', { type: 'FeatureCollection', features });
    const [first] = features;
    if (features.length !== 1 || first?.geometry.type !== 'Point') return;
    const place = first.geometry.coordinates as [number, number];
    if (!this.#map.getBounds().contains(place)) this.#map.easeTo({ center: place, duration: 400 });
  }

  /** Writes at each camera the numbers of what was found there. */
  setFound(found: Map<string, number[]>) {
    const cameras = this.#data.get('cameras')?.features ?? [];
    const features = cameras.flatMap((camera): Feature[] => {
      const numbers = found.get(String(camera.properties?.['id']));
      return numbers ? [{ ...camera, properties: { text: together(numbers) } }] : [];
    });
    this.#set('found', { type: 'FeatureCollection', features });
  }

  /** Draws what one of the site's own layers holds now. */
  setLayer(id: string, features: FeatureCollection) {
    this.#set(sourceOf(id), features);
  }

  /** Goes to a place, if it is out of view. */
  lookAt({ lat, lon }: { lat: number; lon: number }) {
    if (!this.#map.getBounds().contains([lon, lat])) this.#map.easeTo({ center: [lon, lat], duration: 400 });
  }

  showAreas(areas: Area[]) {
    const features = areas.flatMap((area) => areaFeatures(area).features);
    if (!this.#drawing.isDrawing) this.#set('area', { type: 'FeatureCollection', features });
  }

  /** Says who is told of what is drawn. */
  drawingTold(told: Omit<SketchTold, 'show'>) {
    this.#told = told;
  }

  /** Lets the officer draw; `undefined` ends it. */
  draw(kind: AreaKind | undefined) {
    if (kind) this.#drawing.begin(kind);
    else {
      this.#drawing.end();
      this.#set('area', NOTHING);
    }
  }

  /** Does what a key says of what is drawn; returns whether it says anything. */
  drawKey(event: KeyboardEvent): boolean {
    return this.#drawing.key(event);
  }

  undo() {
    this.#drawing.undo();
  }

  finish() {
    this.#drawing.finish();
  }

  showAll(isSmooth = true) {
    if (this.#bounds) this.#map.fitBounds(this.#bounds, { padding: { top: 60, right: 60, bottom: 100, left: 60 }, maxZoom: 16, duration: isSmooth ? 400 : 0 });
  }

  zoom(by: 1 | -1) {
    this.#map.zoomTo(this.#map.getZoom() + by, { duration: 200 });
  }

  /** Draws everything in the colours of the look there is now. */
  recolour() {
    this.#isReady = false;
    this.#map.setStyle(style(this.basemap, this.own, colour), { diff: false });
  }

  close() {
    this.#map.remove();
  }

  #set(name: (typeof SOURCES)[number] | ReturnType<typeof sourceOf>, data: FeatureCollection) {
    this.#data.set(name, data);
    if (this.#isReady) this.#map.getSource<GeoJSONSource>(name)?.setData(data);
  }

  #fill() {
    this.#isReady = true;
    this.#addMarks();
    for (const [name, data] of this.#data) this.#map.getSource<GeoJSONSource>(name)?.setData(data);
  }

  #addMarks() {
    for (const { name, pixels, ratio } of marks(colour)) {
      if (!this.#map.hasImage(name)) this.#map.addImage(name, pixels, { pixelRatio: ratio });
    }
  }

  #clicked(event: MapMouseEvent) {
    if (this.#drawing.isDrawing || !this.#isReady) return;
    const near: [[number, number], [number, number]] = [[event.point.x - 8, event.point.y - 8], [event.point.x + 8, event.point.y + 8]];
    const [hit] = this.#map.queryRenderedFeatures(near, { layers: ['alerts', 'cameras', 'clusters'] });
    if (!hit) return;
    const id = String(hit.properties['id']);
    if (hit.layer.id === 'alerts') this.happens.alert(id);
    else if (hit.layer.id === 'cameras') this.happens.camera(id);
    else this.#map.easeTo({ center: event.lngLat, zoom: this.#map.getZoom() + 2 });
  }
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Reads which layers a base map has; one that cannot be read is as good as none. */
async function readBasemap(path: string): Promise<Basemap | undefined> {
  const address = new URL(path, location.href).href;
  const archive = new PMTiles(address);
  try {
    const metadata = (await archive.getMetadata()) as { vector_layers?: { id: string }[]; attribution?: unknown };
    protocol.add(archive);
    return { url: `pmtiles://${address}`, layers: (metadata.vector_layers ?? []).map((layer) => layer.id), attribution: attributionOf(metadata.attribution) };
  } catch (error) {
    console.warn(`the base map ${address} cannot be read`, error);
    return undefined;
  }
}

function boundsOf(places: Position[]): [[number, number], [number, number]] | undefined {
  if (places.length === 0) return undefined;
  const [lons, lats] = [places.map((place) => place[0] ?? 0), places.map((place) => place[1] ?? 0)];
  return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
}

/** Lines a few hundred metres apart around the cameras, so that distances can be seen on an empty map. */
function grid(bounds: LngLatBoundsLike): FeatureCollection {
  const [[west, south], [east, north]] = bounds as [[number, number], [number, number]];
  const extent = Math.max(east - west, north - south, .002);
  const step = 10 ** Math.floor(Math.log10(extent)) / 2;
  const margin = extent * 4;
  const lines: Position[][] = [];
  for (let lon = Math.floor((west - margin) / step) * step; lon <= east + margin; lon += step) {
    lines.push([[lon, south - margin], [lon, north + margin]]);
  }
  for (let lat = Math.floor((south - margin) / step) * step; lat <= north + margin; lat += step) {
    lines.push([[west - margin, lat], [east + margin, lat]]);
  }
  return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } }] };
}
