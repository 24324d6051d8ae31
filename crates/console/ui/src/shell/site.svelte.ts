// What this site says of itself: its name, and whether there is a map to draw cameras on.

interface Told {
  name: string;
  /** Address of the base map, PMTiles; null when none is configured. */
  basemap: string | null;
  /** Names the build of the console that is served now. */
  build: string;
}

/** How often it is looked whether another build is served. */
const EVERY = 5 * 60_000;

class Site {
  name = $state('');
  /** Another build is served now than the one that this page came from. */
  isOutdated = $state(false);
  #build: string | undefined;
  basemap = $state<string>();
  isLoaded = $state(false);

  async begin() {
    setInterval(() => void this.#read(), EVERY);
    await this.#read();
  }

  async #read() {
    try {
      const response = await fetch('/console.json');
      if (!response.ok) return;
      const told = (await response.json()) as Told;
      this.name = told.name;
      this.basemap = told.basemap ?? undefined;
      this.#build ??= told.build;
      this.isOutdated = told.build !== this.#build;
    } catch (error) {
      // Without it the console works, on a plain grid.
      if (!(error instanceof TypeError)) throw error;
    } finally {
      this.isLoaded = true;
    }
  }
}

export const site = new Site();
