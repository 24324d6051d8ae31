// What begins by asking the service, and is tried until it can. Ended or begun anew it goes no further, however late an
// answer comes: what was asked for one account must not come to the next.

/** Whether the one that asks is still the one that goes on. */
export type IsCurrent = () => boolean;

export class Beginning {
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `work` is tried again `again` ms after each failure that `mayComeLater`; any other is thrown. */
  constructor(private readonly again: number, private readonly mayComeLater: (error: unknown) => boolean) {}

  /** Does `work`, until it is done. What was begun before goes no further. */
  async begin(work: (isCurrent: IsCurrent) => Promise<void>) {
    this.end();
    const turn = this.#turn;
    const isCurrent = () => turn === this.#turn;
    try {
      await work(isCurrent);
    } catch (error) {
      if (!isCurrent()) return;
      if (!this.mayComeLater(error)) throw error;
      this.#timer = setTimeout(() => void this.begin(work), this.again);
    }
  }

  end() {
    this.#turn += 1;
    clearTimeout(this.#timer);
  }
}
