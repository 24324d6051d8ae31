// The officer's layouts: remembered by this browser.
import { DWELLS, empty, isSize, type Layout, type NamedLayout } from './layouts';

const STORED = 'watchpost.views';

/** What is shown in turn: every camera, or the layouts that have a name. */
export type Source = 'cameras' | 'layouts';

interface Kept {
  now: Layout;
  named: NamedLayout[];
  source: Source;
  dwell: number;
}

class Views {
  now = $state.raw<Layout>(empty(4));
  named = $state.raw<NamedLayout[]>([]);
  source = $state<Source>('cameras');
  dwell = $state<number>(DWELLS[1]);

  constructor() {
    const kept = read();
    if (kept) Object.assign(this, kept);
  }

  /** Shows `layout` from now on. */
  show(layout: Layout) {
    this.now = { size: layout.size, cameras: layout.cameras };
    this.#keep();
  }

  /** Gives what is shown a name; one of the same name is replaced. */
  name(name: string) {
    const others = this.named.filter((layout) => layout.name !== name);
    this.named = [...others, { ...this.now, name }].sort((a, b) => a.name.localeCompare(b.name, 'vi'));
    this.#keep();
  }

  forget(name: string) {
    this.named = this.named.filter((layout) => layout.name !== name);
    this.#keep();
  }

  setSequence(source: Source, dwell: number) {
    this.source = source;
    this.dwell = dwell;
    this.#keep();
  }

  #keep() {
    const kept: Kept = { now: this.now, named: this.named, source: this.source, dwell: this.dwell };
    try {
      localStorage.setItem(STORED, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing shows all the same.
    }
  }
}

/** Reads what was kept, as far as it can be used: an older console may have written it. */
function read(): Partial<Kept> | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Partial<Kept> | null;
    if (!kept || !isLayout(kept.now)) return undefined;
    return {
      now: kept.now,
      named: (Array.isArray(kept.named) ? kept.named : []).filter((layout) => isLayout(layout) && typeof layout.name === 'string'),
      source: kept.source === 'layouts' ? 'layouts' : 'cameras',
      dwell: DWELLS.includes(kept.dwell as (typeof DWELLS)[number]) ? (kept.dwell as number) : DWELLS[1],
    };
  } catch {
    return undefined;
  }
}

function isLayout(value: unknown): value is Layout {
  const layout = value as Partial<Layout> | null | undefined;
  const isCamera = (camera: unknown) => camera === null || typeof camera === 'string';
  return isSize(layout?.size) && Array.isArray(layout.cameras) && layout.cameras.length === layout.size && layout.cameras.every(isCamera);
}

export const views = new Views();
