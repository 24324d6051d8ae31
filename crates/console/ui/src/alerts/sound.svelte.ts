// The desk's voice: tones of its own making (no files), as long as the browser lets it.
import { Refused } from '../api/client';
import { act, type Handling } from '../api/handling';
import type { Alert } from '../api/types';
import { ticking } from '../words/time.svelte';
import { Alarm, isSilenced } from './alarm';
import { alerts as known } from './alerts.svelte';

const STORED = 'watchpost.sound';
/** How often the tone of a critical alert comes again. */
const AGAIN = 2000;
/** A tone: Hz, seconds from now, seconds long. */
type Tone = [number, number, number];
const URGENT: Tone[] = [[880, 0, .22], [660, .26, .22], [880, .52, .22], [660, .78, .22]];
const HIGH: Tone[] = [[740, 0, .12], [740, .2, .12]];
/** The desk has ended: falling, so that nobody takes it for an alert. */
const ENDED: Tone[] = [[660, 0, .3], [520, .34, .3], [390, .68, .5]];
/** How often that comes again. */
const ENDED_AGAIN = 10_000;
const VOLUME = .22;
/** How often silencing is tried anew where somebody has just done something else about the alert. */
const TRIES = 3;

class Sound {
  /** Whether this desk is to be heard; asked for once on every machine. */
  isOn = $state(localStorage.getItem(STORED) === 'on');
  /** The browser plays nothing before somebody has touched the page. */
  isBlocked = $state(false);
  /** Until when nothing is played, in ms; 0 when it is. */
  mutedUntil = $state(0);
  /** Critical alerts that are heard now. */
  urgent = $state.raw<string[]>([]);
  /** What was silenced last is silent at this desk alone: the service could not be told. */
  isOnlyHere = $state(false);

  #alerts: Alert[] = [];
  #alarm = new Alarm();
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  get isMuted() {
    return this.mutedUntil > ticking.now;
  }

  /** How many alerts sound now. */
  get sounding() {
    return this.isOn && !this.isMuted ? this.urgent.length : 0;
  }

  /** Begins to listen for what is to be heard. Returns what ends it. */
  begin(): () => void {
    this.#timer = setInterval(() => this.#again(), AGAIN);
    // What was allowed once is allowed again with the first touch of a new page.
    const touched = () => void this.#unblock();
    addEventListener('pointerdown', touched);
    addEventListener('keydown', touched);
    if (this.isOn) void this.#unblock();
    return () => {
      clearInterval(this.#timer);
      removeEventListener('pointerdown', touched);
      removeEventListener('keydown', touched);
      this.#alarm.forget();
      this.#alerts = [];
      this.urgent = [];
    };
  }

  /** The alerts are as told now. */
  hear(alerts: Alert[]) {
    this.#alerts = alerts;
    const { urgent, beep } = this.#alarm.next(alerts, Date.now());
    const isNew = urgent.some((id) => !this.urgent.includes(id));
    this.urgent = urgent;
    if (isNew) this.#again();
    else if (beep) this.#play(HIGH);
  }

  async turn(isOn: boolean) {
    this.isOn = isOn;
    this.mutedUntil = 0;
    localStorage.setItem(STORED, isOn ? 'on' : 'off');
    if (isOn) await this.#unblock();
    else this.isBlocked = false;
  }

  /** Nothing is heard for so many minutes; 0 is heard again at once. */
  mute(minutes: number) {
    this.mutedUntil = minutes > 0 ? Date.now() + minutes * 60_000 : 0;
  }

  /** What sounds now is silenced, here at once and at every desk; what comes later is heard. */
  async silence() {
    const sounding = this.#alerts.filter(({ id }) => this.urgent.includes(id));
    this.#alarm.silence(sounding);
    this.urgent = [];
    const told = await Promise.all(sounding.map((alert) => silenceEverywhere(alert)));
    this.isOnlyHere = told.includes(false);
  }

  /** The session has ended and nobody is told of alerts here: heard again and again until the returned function is called. */
  tellEnd(): () => void {
    this.#play(ENDED);
    const timer = setInterval(() => this.#play(ENDED), ENDED_AGAIN);
    return () => clearInterval(timer);
  }

  /** Plays a tone to be judged by ear, muted or not. */
  async test(severity: 1 | 2) {
    this.#context ??= new AudioContext();
    await this.#unblock();
    this.#sound(severity === 1 ? URGENT : HIGH);
  }

  #again() {
    // A silence that had an end may be over.
    this.urgent = this.#alarm.next(this.#alerts, Date.now()).urgent;
    if (this.urgent.length > 0) this.#play(URGENT);
  }

  #play(tones: Tone[]) {
    if (this.isOn && !this.isMuted) this.#sound(tones);
  }

  #sound(tones: Tone[]) {
    const context = this.#context;
    if (!context || context.state !== 'running') {
      this.isBlocked = this.isOn;
      return;
    }
    for (const [hertz, wait, length] of tones) {
      const at = context.currentTime + wait;
      const tone = new OscillatorNode(context, { frequency: hertz, type: 'triangle' });
      const gain = new GainNode(context, { gain: 0 });
      // Swelling and fading, or it clicks.
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(VOLUME, at + .02);
      gain.gain.setValueAtTime(VOLUME, at + length - .03);
      gain.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
    }
  }

  async #unblock() {
    if (!this.isOn && !this.#context) return;
    this.#context ??= new AudioContext();
    if (this.#context.state === 'suspended') {
      // Without a touch the promise may stay open: what is known now is shown.
      const resumed = this.#context.resume();
      await Promise.race([resumed, new Promise((resolve) => setTimeout(resolve, 200))]).catch(() => {});
    }
    this.isBlocked = this.isOn && this.#context.state !== 'running';
  }
}

/** Tells the service that an alert is silent. Returns whether it is, wherever it would be heard. */
async function silenceEverywhere({ id, handling }: Alert): Promise<boolean> {
  let seen: Handling | undefined = handling;
  for (let tries = 0; seen && tries < TRIES; tries += 1) {
    try {
      known.handled(id, await act(id, seen.version, { word: 'silence' }));
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const current = error.status === 409 ? (error.problem['current'] as Handling | undefined) : undefined;
      if (!current) return false;
      known.handled(id, current);
      // Somebody has it, or has silenced it: there is nothing to be heard.
      if (current.state !== 'new' || current.shelved || isSilenced({ handling: current } as Alert, Date.now())) return true;
      seen = current;
    }
  }
  return false;
}

export const sound = new Sound();
