// What the site draws on its map itself, between the base map and the cameras. Told apart by the pattern of lines
// and the form of points: colours are for what is abnormal. Pure.
import type { LayerSpecification, SymbolLayerSpecification } from 'maplibre-gl';
import type { Colour } from './marks';

const UI_FONT = ['Inter Variable'];
/** Lengths of strokes and of what is left out between them, in widths of the line; none for a line without a break. */
const DASHES = [[], [3, 2], [1, 1.5], [5, 1.5, 1, 1.5]];

/** How a layer is told from the others. */
export interface LayerLook {
  dash: number[];
  width: number;
  radius: number;
  isFull: boolean;
}

/** Returns the look of the layer at a place in the list. */
export function lookOf(place: number): LayerLook {
  return { dash: DASHES[place % DASHES.length] ?? [], width: place < DASHES.length ? 2.5 : 1.5, radius: place % 4 < 2 ? 4 : 6, isFull: place % 2 === 1 };
}

/** The source of a layer on the map. */
export const sourceOf = (id: string) => `site-${id}` as const;

/** Returns how the layers `ids` are drawn: areas and lines first, so that no area lies over another's points. */
export function siteLayers(ids: string[], colour: Colour): LayerSpecification[] {
  const shapes = ids.flatMap((id, place): LayerSpecification[] => {
    const { dash, width } = lookOf(place);
    return [
      { id: `${sourceOf(id)}-area`, type: 'fill', source: sourceOf(id), filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour('--tx-2'), 'fill-opacity': .08 } },
      {
        id: `${sourceOf(id)}-line`, type: 'line', source: sourceOf(id), filter: ['!=', ['geometry-type'], 'Point'],
        paint: { 'line-color': colour('--tx-2'), 'line-width': width, ...(dash.length > 0 ? { 'line-dasharray': dash } : {}) },
      },
    ];
  });
  const text: SymbolLayerSpecification['layout'] = { 'text-field': ['get', 'name'], 'text-font': UI_FONT, 'text-size': 11 };
  const paint = { 'text-color': colour('--tx-2'), 'text-halo-color': colour('--map-land'), 'text-halo-width': 1.2 };
  const points = ids.flatMap((id, place): LayerSpecification[] => {
    const { radius, isFull } = lookOf(place);
    return [
      {
        id: `${sourceOf(id)}-point`, type: 'circle', source: sourceOf(id), filter: ['==', ['geometry-type'], 'Point'],
        paint: { 'circle-radius': radius, 'circle-color': colour(isFull ? '--tx-2' : '--map-land'), 'circle-stroke-color': colour('--tx-2'), 'circle-stroke-width': 2 },
      },
      {
        id: `${sourceOf(id)}-name`, type: 'symbol', source: sourceOf(id), minzoom: 12, filter: ['all', ['has', 'name'], ['!=', ['geometry-type'], 'LineString']],
        layout: { ...text, 'text-max-width': 8, 'text-variable-anchor': ['top', 'bottom', 'left', 'right'], 'text-radial-offset': .8 }, paint,
      },
      {
        id: `${sourceOf(id)}-line-name`, type: 'symbol', source: sourceOf(id), minzoom: 12, filter: ['all', ['has', 'name'], ['==', ['geometry-type'], 'LineString']],
        layout: { ...text, 'symbol-placement': 'line-center', 'text-offset': [0, 1] }, paint,
      },
    ];
  });
  return [...shapes, ...points];
}
