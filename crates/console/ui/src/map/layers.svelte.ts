// The layers that the site draws on its map: listed when a map is opened, fetched when they are shown. Which are
// hidden is remembered by this browser.
import type { FeatureCollection } from 'geojson';
import { Refused, get } from '../api/client';
import type { MapLayer } from '../api/types';
import { NOTHING } from './style';

const STORED = 'watchpost.hidden-layers';

interface Fetched {
  revision: string;
  features: FeatureCollection;
}

class MapLayers {
  all = $state.raw<MapLayer[]>([]);
  /** It is known which there are, or that it cannot be known now: the map need not wait. */
  isRead = $state(false);
  hidden = $state.raw<string[]>(kept());
  /** Those that could not be fetched. */
  failed = $state.raw<string[]>([]);
  #fetched = $state.raw<Record<string, Fetched>>({});
  #turn = 0;

  /** Reads which there are, and what they draw as far as that is new. */
  async read() {
    const turn = this.#turn;
    try {
      const { layers } = await get('/api/v1/map/layers');
      if (turn !== this.#turn) return;
      // A map is opened anew for other layers only.
      if (JSON.stringify(layers) !== JSON.stringify(this.all)) this.all = layers;
      for (const layer of layers) void this.#fetch(layer);
    } catch (error) {
      // The map is drawn without them.
      if (!(error instanceof Refused)) throw error;
    } finally {
      if (turn === this.#turn) this.isRead = true;
    }
  }

  end() {
    this.#turn += 1;
    this.all = [];
    this.failed = [];
    this.#fetched = {};
    this.isRead = false;
  }

  isShown(id: string) {
    return !this.hidden.includes(id);
  }

  /** Returns what a layer draws now. */
  drawn(id: string): FeatureCollection {
    return (this.isShown(id) && this.#fetched[id]?.features) || NOTHING;
  }

  /** Shows a layer, or hides it; one that could not be fetched is tried again. */
  toggle(layer: MapLayer) {
    if (this.failed.includes(layer.id)) return void this.#fetch(layer);
    this.hidden = this.isShown(layer.id) ? [...this.hidden, layer.id] : this.hidden.filter((id) => id !== layer.id);
    try {
      localStorage.setItem(STORED, JSON.stringify(this.hidden));
    } catch {
      // A browser that keeps nothing shows them all the next time.
    }
    void this.#fetch(layer);
  }

  async #fetch({ id, revision }: MapLayer) {
    if (!this.isShown(id) || this.#fetched[id]?.revision === revision) return;
    const turn = this.#turn;
    try {
      const features = (await get('/api/v1/map/layers/{layer}', { path: { layer: id } })) as unknown as FeatureCollection;
      if (turn !== this.#turn) return;
      this.#fetched = { ...this.#fetched, [id]: { revision, features } };
      this.failed = this.failed.filter((one) => one !== id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (turn === this.#turn && !this.failed.includes(id)) this.failed = [...this.failed, id];
    }
  }
}

function kept(): string[] {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export const mapLayers = new MapLayers();
