// Named places: bridges and junctions of the site, wards of today and districts of before, by what somebody types.
import { Refused, get } from '../api/client';
import type { NamedPlace } from '../api/types';
import type { Area, Place } from '../map/areas';
import { say, speech } from '../words/words.svelte';

/** Places that are offered at once. */
const OFFERED = 8;

class Places {
  #known = $state.raw(new Map<string, NamedPlace>());
  /** Asked for, or told that there are none of this name. */
  #asked = new Set<string>();

  /** Returns what is known of a place; asks for what is not. */
  of(id: string): NamedPlace | undefined {
    const known = this.#known.get(id);
    if (!known && id && !this.#asked.has(id)) void this.#ask(id);
    return known;
  }

  /** Returns the places that `text` may mean, the best first. Throws `Refused`, or an `AbortError`. */
  async find(text: string, signal: AbortSignal): Promise<NamedPlace[]> {
    const { places } = await get('/api/v1/places', { query: { q: text, limit: OFFERED }, signal });
    return places;
  }

  /** Keeps a place that was picked. */
  take(place: NamedPlace) {
    this.#known = new Map([...this.#known, [place.id, place]]);
  }

  async #ask(id: string) {
    this.#asked.add(id);
    try {
      this.take(await get('/api/v1/places/{place}', { path: { place: id } }));
    } catch (error) {
      // The search says it as well; unreachable now, it may be there later.
      if (!(error instanceof Refused)) throw error;
      if (error.status !== 404) this.#asked.delete(id);
    }
  }
}

export const places = new Places();

/** Returns what a place is called in the language spoken now. */
export const placeName = (place: NamedPlace) => (speech.language === 'en' && place.name_en ? place.name_en : place.name);

/** Returns what tells a place from others of its name: its kind, what it lies in, and the wards that a former unit is now. */
export function placeHint({ kind, within, now }: NamedPlace): string {
  const { kinds, today } = say().investigate.places;
  return [kinds[kind] ?? kind, within.join(', '), now.length > 0 && today(now.join(', '))].filter(Boolean).join(' · ');
}

/** Returns where a place is, to be drawn. */
export function areasOf({ areas }: NamedPlace): Area[] {
  return areas.map(({ shape, points, reach_m }) => ({
    kind: shape === 'circle' || shape === 'corridor' ? shape : 'polygon',
    corners: points.map(([lat = 0, lon = 0]): Place => [lon, lat]),
    metres: reach_m,
  }));
}
