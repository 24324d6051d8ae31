// The cameras and how they are doing, asked for again and again.
import { Refused, get } from '../api/client';
import type { Camera } from '../api/types';

/** How often. */
const EVERY = 5000;

/** What a camera's sign says: it has a picture and is well, has one and is in trouble, or has none. */
export type CameraSign = 'up' | 'trouble' | 'down';

class Cameras {
  all = $state.raw<Camera[]>([]);
  isLoaded = $state(false);
  byId = $derived(new Map(this.all.map((camera) => [camera.id, camera])));
  up = $derived(this.all.filter((camera) => camera.properties.state === 'up').length);

  #timer: ReturnType<typeof setInterval> | undefined;

  /** Reads them, and goes on reading. */
  async begin() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.#refresh(), EVERY);
    await this.#refresh();
  }

  end() {
    clearInterval(this.#timer);
    this.all = [];
    this.isLoaded = false;
  }

  async #refresh() {
    try {
      this.all = (await get('/api/v1/cameras')).features;
      this.isLoaded = true;
    } catch (error) {
      // The bar about the connection says it already.
      if (!(error instanceof Refused)) throw error;
    }
  }

  name(id: string): string {
    return this.byId.get(id)?.properties.name ?? id;
  }
}

export const cameras = new Cameras();

export function sign(camera: Camera): CameraSign {
  if (camera.properties.state !== 'up') return 'down';
  return camera.properties.troubles.length > 0 ? 'trouble' : 'up';
}

/** Metres between two cameras, well enough for a town; undefined where a place is not known. */
export function metresBetween(a: Camera, b: Camera): number | undefined {
  if (!a.geometry || !b.geometry) return undefined;
  const [[lonA = 0, latA = 0], [lonB = 0, latB = 0]] = [a.geometry.coordinates, b.geometry.coordinates];
  const perDegree = 111_320;
  const east = (lonA - lonB) * perDegree * Math.cos((latA * Math.PI) / 180);
  return Math.hypot(east, (latA - latB) * perDegree);
}
