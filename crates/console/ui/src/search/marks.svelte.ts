// The span that the officer marked, from I to O.

class Marks {
  /** Wall-clock moments, in ms. */
  start = $state<number>();
  end = $state<number>();
  /** Cameras whose moments were marked, in the order in which they were. */
  cameras = $state.raw<string[]>([]);
  /** What is exported before and after besides, in ms: cameras whose clocks were set right have times of their own. */
  slack = $state(0);
  isWrong = $derived(this.start !== undefined && this.end !== undefined && this.start >= this.end);
  isWhole = $derived(this.start !== undefined && this.end !== undefined && !this.isWrong);

  /** Marks the beginning or the end where a camera's footage is being looked at. */
  mark(which: 'start' | 'end', time: number, camera: string) {
    this[which] = time;
    if (!this.cameras.includes(camera)) this.cameras = [...this.cameras, camera];
  }

  /** Marks over all of these cameras at once. */
  over(which: 'start' | 'end', time: number, cameras: string[]) {
    this[which] = time;
    this.cameras = cameras;
  }

  clear() {
    this.start = undefined;
    this.end = undefined;
    this.cameras = [];
  }
}

export const marks = new Marks();
