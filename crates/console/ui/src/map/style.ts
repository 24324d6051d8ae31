// What the map is drawn of: the site's base map if there is one, a grid if not, what the site draws itself, and what
// Watchpost knows.
import type { FeatureCollection } from 'geojson';
import type { LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import type { Colour } from './marks';
import { siteLayers, sourceOf } from './site-layers';

/** Sources that Watchpost fills. */
export const SOURCES = ['grid', 'cameras', 'chosen', 'alerts', 'area', 'found'] as const;

export const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] };

/** Labels that every map of Viet Nam bears, whatever the base map has. */
const SEA: FeatureCollection = {
  type: 'FeatureCollection',
  features: ([['Biển Đông', 112.9, 13.4], ['Quần đảo Hoàng Sa', 112.0, 16.5], ['Quần đảo Trường Sa', 114.0, 9.6]] as const)
    .map(([name, lon, lat]) => ({ type: 'Feature', properties: { name }, geometry: { type: 'Point', coordinates: [lon, lat] } })),
};

const UI_FONT = ['Inter Variable'];

/** Returns the style; `layers` are those that the base map has, `own` those that the site draws. */
export function style(basemap: { url: string; layers: string[] } | undefined, own: string[], colour: Colour): StyleSpecification {
  const sources: Record<string, SourceSpecification> = { sea: { type: 'geojson', data: SEA } };
  for (const name of SOURCES) {
    const clusters = name === 'cameras' ? { cluster: true, clusterMaxZoom: 10, clusterRadius: 36 } : {};
    sources[name] = { type: 'geojson', data: NOTHING, ...clusters };
  }
  for (const id of own) sources[sourceOf(id)] = { type: 'geojson', data: NOTHING };
  if (basemap) sources['base'] = { type: 'vector', url: basemap.url };
  return {
    version: 8,
    sources,
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': colour('--map-land') } },
      { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': colour('--map-grid'), 'line-width': 1 } },
      ...(basemap ? baseLayers(basemap.layers, colour) : []),
      {
        id: 'sea', type: 'symbol', source: 'sea', maxzoom: 9,
        layout: { 'text-field': ['get', 'name'], 'text-font': UI_FONT, 'text-size': 12 },
        paint: { 'text-color': colour('--ac'), 'text-halo-color': colour('--map-land'), 'text-halo-width': 1 },
      },
      ...siteLayers(own, colour),
      ...ourLayers(colour),
    ],
  };
}

/** Layers of base maps by the names they commonly have: of the administrative map, and of OpenMapTiles. */
function baseLayers(known: string[], colour: Colour): LayerSpecification[] {
  const base = { source: 'base' } as const;
  const text = (id: string, layer: string, field: string, minzoom: number): LayerSpecification => ({
    id, type: 'symbol', ...base, 'source-layer': layer, minzoom,
    layout: { 'text-field': ['get', field], 'text-font': UI_FONT, 'text-size': 11, 'text-max-width': 8 },
    paint: { 'text-color': colour('--map-text'), 'text-halo-color': colour('--map-land'), 'text-halo-width': 1.2 },
  });
  const all: LayerSpecification[] = [
    { id: 'water', type: 'fill', ...base, 'source-layer': 'water', paint: { 'fill-color': colour('--map-water') } },
    { id: 'waterway', type: 'line', ...base, 'source-layer': 'waterway', paint: { 'line-color': colour('--map-water'), 'line-width': 1.5 } },
    {
      id: 'roads', type: 'line', ...base, 'source-layer': 'transportation', minzoom: 9,
      paint: { 'line-color': colour('--map-line'), 'line-width': ['interpolate', ['exponential', 1.4], ['zoom'], 9, .6, 18, 9] },
    },
    {
      id: 'wards', type: 'line', ...base, 'source-layer': 'ward', minzoom: 9,
      paint: { 'line-color': colour('--map-line'), 'line-width': 1, 'line-dasharray': [3, 2] },
    },
    { id: 'provinces', type: 'line', ...base, 'source-layer': 'prov', paint: { 'line-color': colour('--map-line'), 'line-width': 1.4 } },
    text('ward-names', 'ward', 'vi', 11),
    text('province-names', 'prov', 'vi', 5),
    text('place-names', 'place', 'name', 8),
    text('road-names', 'transportation_name', 'name', 13),
  ];
  return all.filter((layer) => 'source-layer' in layer && known.includes(layer['source-layer'] ?? ''));
}

function ourLayers(colour: Colour): LayerSpecification[] {
  const single = ['!', ['has', 'point_count']] as ['!', ['has', string]];
  return [
    { id: 'area', type: 'fill', source: 'area', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour('--ac'), 'fill-opacity': .14 } },
    { id: 'area-line', type: 'line', source: 'area', paint: { 'line-color': colour('--ac'), 'line-width': 2, 'line-dasharray': [3, 2] } },
    { id: 'area-corners', type: 'circle', source: 'area', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 4, 'circle-color': colour('--ac') } },
    {
      id: 'views', type: 'symbol', source: 'cameras', minzoom: 12, filter: ['all', single, ['has', 'heading']],
      layout: { 'icon-image': 'view', 'icon-rotate': ['get', 'heading'], 'icon-rotation-alignment': 'map', 'icon-allow-overlap': true, 'icon-size': 1.5 },
    },
    {
      id: 'chosen', type: 'circle', source: 'chosen',
      paint: { 'circle-radius': 15, 'circle-color': 'transparent', 'circle-stroke-color': colour('--ac'), 'circle-stroke-width': 3 },
    },
    {
      id: 'cameras', type: 'symbol', source: 'cameras', filter: single,
      layout: { 'icon-image': ['concat', 'camera-', ['get', 'sign']], 'icon-allow-overlap': true },
    },
    {
      id: 'camera-names', type: 'symbol', source: 'cameras', minzoom: 14, filter: single,
      layout: { 'text-field': ['get', 'name'], 'text-font': UI_FONT, 'text-size': 12, 'text-anchor': 'top', 'text-offset': [0, .9], 'text-max-width': 10 },
      paint: { 'text-color': colour('--tx-1'), 'text-halo-color': colour('--map-land'), 'text-halo-width': 1.5 },
    },
    {
      id: 'clusters', type: 'circle', source: 'cameras', filter: ['has', 'point_count'],
      paint: { 'circle-radius': ['step', ['get', 'point_count'], 14, 20, 18, 100, 24], 'circle-color': colour('--bg-4'), 'circle-stroke-color': colour('--line-3'), 'circle-stroke-width': 1.5 },
    },
    {
      id: 'cluster-counts', type: 'symbol', source: 'cameras', filter: ['has', 'point_count'],
      layout: { 'text-field': ['get', 'point_count'], 'text-font': UI_FONT, 'text-size': 12, 'text-allow-overlap': true },
      paint: { 'text-color': colour('--tx-1') },
    },
    {
      id: 'found', type: 'symbol', source: 'found',
      layout: { 'text-field': ['get', 'text'], 'text-font': UI_FONT, 'text-size': 13, 'text-anchor': 'bottom', 'text-offset': [0, -.8], 'text-allow-overlap': true },
      paint: { 'text-color': colour('--on-fill'), 'text-halo-color': colour('--ac-fill'), 'text-halo-width': 3 },
    },
    {
      id: 'alerts', type: 'symbol', source: 'alerts',
      layout: { 'icon-image': ['concat', 'p', ['get', 'severity']], 'icon-allow-overlap': true, 'icon-offset': [0, -16], 'symbol-sort-key': ['-', 0, ['get', 'severity']] },
    },
  ];
}
