// The rules that there are at the cameras that may be searched, and which cameras tell speeds.
import { Refused, get } from '../api/client';
import type { CameraRules } from '../api/types';
import { cameras } from '../cameras/cameras.svelte';
import { kindWord } from '../words/words.svelte';

/** A rule as it is offered: what it is called and what it finds. */
export interface OfferedRule {
  id: string;
  word: string;
}

class Rules {
  all = $state.raw<CameraRules[]>([]);

  /** Reads them; until then, and where they cannot be read, none are offered. */
  async read() {
    try {
      this.all = (await get('/api/v1/rules')).cameras;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  /** Returns the rules of `asked`, or of all cameras where none is named, by camera. */
  at(asked: string[]): { camera: string; name: string; rules: OfferedRule[] }[] {
    return this.all.filter(({ camera, rules }) => rules.length > 0 && (asked.length === 0 || asked.includes(camera))).map(({ camera, rules }) => ({
      camera, name: cameras.name(camera), rules: rules.map(({ id, kind }) => ({ id, word: `${kindWord(kind)} · ${id}` })),
    }));
  }

  /** Returns what a rule is called. */
  word(id: string): string {
    const rule = this.all.flatMap(({ rules }) => rules).find((one) => one.id === id);
    return rule ? `${kindWord(rule.kind)} · ${id}` : id;
  }

  /** Whether any of `asked`, or of all cameras where none is named, tells how fast things go. */
  tellsSpeeds(asked: string[]): boolean {
    return this.all.some(({ camera, is_calibrated: isCalibrated }) => isCalibrated && (asked.length === 0 || asked.includes(camera)));
  }
}

export const rules = new Rules();
