// What is being drawn and set for one camera, beside what its configuration has.
import type { Rule } from './kinds';
import { LAMPS, freeName, isLamp, isWhole, type Corner, type Lamp, type Shape, type ShapeKind } from './shapes';
import { tellScene } from './words';

/** A camera's scene as the service tells it: in the form of the configuration, which the API's document does not repeat. */
export interface Told {
  camera: string;
  scene: {
    zones: { name: string; polygon: Corner[] }[];
    tripwires: { name: string; line: [Corner, Corner] }[];
    signals?: Signal[];
    calibration?: { points: { picture: Corner; metres?: Corner | null }[] } | null;
    rules: Rule[];
  };
  masks: Corner[][];
}

/** A traffic light as the configuration has it. */
export interface Signal {
  name: string;
  valid_for_s?: number;
  /** `feed`, a plan, or areas around its lamps. */
  source?: unknown;
}

function lampsOf({ source }: Signal): Partial<Record<Lamp, Corner[]>> | undefined {
  return typeof source === 'object' && source !== null && 'lamps' in source ? (source.lamps as Partial<Record<Lamp, Corner[]>>) : undefined;
}

/** How it stood before something was done. */
interface Before {
  shapes: Shape[];
  chosen: number | undefined;
  drawing: number | undefined;
}

/** Things done that can be taken back. */
const REMEMBERED = 200;

export class Draft {
  shapes = $state.raw<Shape[]>([]);
  /** The shape that is looked at. */
  chosen = $state<number>();
  /** The shape that corners are still being added to. */
  drawing = $state<number>();
  told = $state.raw<Told>();
  /** What can be taken back, the newest last. */
  #before = $state.raw<Before[]>([]);
  /** What the newest of it belongs to: a corner that is dragged is one thing, however far. */
  #gesture: string | undefined;
  /** The shapes as the configuration has them, by their keys. */
  #configured = $state.raw<ReadonlyMap<number, Shape>>(new Map());
  #next = 1;

  /** Begins with what the configuration has. */
  begin(told: Told) {
    this.told = told;
    this.chosen = undefined;
    this.drawing = undefined;
    const { scene, masks } = told;
    const shape = (kind: ShapeKind, name: string, corners: Corner[], metres: Corner[] = []): Shape => ({ key: this.#next++, kind, name, corners, metres });
    this.shapes = [
      ...scene.zones.map(({ name, polygon }) => shape('zone', name, polygon)),
      ...scene.tripwires.map(({ name, line }) => shape('tripwire', name, line)),
      ...masks.map((corners, index) => shape('mask', `${tellScene().stem['mask']}-${index + 1}`, corners)),
      ...(scene.signals ?? []).flatMap((signal) => LAMPS.flatMap((lamp) => {
        const corners = lampsOf(signal)?.[lamp];
        return corners ? [shape(lamp, signal.name, corners)] : [];
      })),
      // Points given by their location are left to the file.
      ...(scene.calibration?.points.every((point) => point.metres)
        ? [shape('ground', tellScene().stem['ground'] ?? '', scene.calibration.points.map((point) => point.picture), scene.calibration.points.map((point) => point.metres ?? [0, 0]))] : []),
    ];
    this.#configured = new Map(this.shapes.map((one) => [one.key, one]));
    this.#before = [];
    this.#gesture = undefined;
  }

  get canUndo() {
    return this.#before.length > 0;
  }

  /** Takes back what was done last. */
  undo() {
    const before = this.#before.at(-1);
    if (!before) return;
    this.#before = this.#before.slice(0, -1);
    this.#gesture = undefined;
    ({ shapes: this.shapes, chosen: this.chosen, drawing: this.drawing } = before);
  }

  #remember(gesture?: string) {
    const isSame = gesture !== undefined && gesture === this.#gesture;
    this.#gesture = gesture;
    if (isSame) return;
    const { shapes, chosen, drawing } = this;
    this.#before = [...this.#before, { shapes, chosen, drawing }].slice(-REMEMBERED);
  }

  get(key: number | undefined): Shape | undefined {
    return this.shapes.find((shape) => shape.key === key);
  }

  /** Begins a new shape; of the ground's points there is one. */
  draw(kind: ShapeKind) {
    const ground = kind === 'ground' ? this.shapes.find((shape) => shape.kind === 'ground') : undefined;
    this.#remember();
    this.#dropUnfinished();
    const key = ground?.key ?? this.#next++;
    const name = isLamp(kind) ? this.#signalWithout(kind) : freeName(this.shapes, kind, tellScene().stem[kind] ?? kind);
    if (!ground) this.shapes = [...this.shapes, { key, kind, name, corners: [], metres: [] }];
    this.chosen = key;
    this.drawing = key;
  }

  /** The traffic light that lacks this lamp, or a new one. */
  #signalWithout(lamp: Lamp): string {
    const lamps = this.shapes.filter(({ kind }) => isLamp(kind));
    const lacks = lamps.find(({ name }) => !lamps.some((other) => other.name === name && other.kind === lamp));
    if (lacks) return lacks.name;
    const taken = [...lamps, ...(this.told?.scene.signals ?? []).map(({ name }): Shape => ({ key: 0, kind: lamp, name, corners: [], metres: [] }))];
    return freeName(taken.map((shape): Shape => ({ ...shape, kind: lamp })), lamp, tellScene().stem['signal'] ?? 'signal');
  }

  /** The traffic lights that rules may speak of: those drawn with a red and a green lamp, and those that need no drawing. */
  signals(): Signal[] {
    const told = this.told?.scene.signals ?? [];
    const lamps = this.shapes.filter((shape) => isLamp(shape.kind) && isWhole(shape));
    const drawn = [...new Set(lamps.map(({ name }) => name))].flatMap((name): Signal[] => {
      const own = Object.fromEntries(lamps.filter((shape) => shape.name === name).map(({ kind, corners }) => [kind, corners]));
      if (!own['red'] || !own['green']) return [];
      const valid = told.find((signal) => signal.name === name)?.valid_for_s;
      return [{ name, ...(valid === undefined ? {} : { valid_for_s: valid }), source: { lamps: own } }];
    });
    return [...told.filter((signal) => !lampsOf(signal)), ...drawn];
  }

  /** Those traffic lights that the configuration does not have so. */
  changedSignals(): Signal[] {
    const names = new Set([...this.shapes.filter((shape) => !this.isConfigured(shape)), ...this.removed()].filter(({ kind }) => isLamp(kind)).map(({ name }) => name));
    return this.signals().filter(({ name }) => names.has(name));
  }

  /** Puts shapes in the place of what they were; what belongs to one gesture is taken back at once. */
  put(changed: Shape | Shape[], gesture?: string) {
    this.#remember(gesture);
    const all = new Map([changed].flat().map((shape) => [shape.key, shape]));
    this.shapes = this.shapes.map((old) => all.get(old.key) ?? old);
  }

  remove(key: number) {
    this.#remember();
    this.#drop(key);
  }

  #drop(key: number) {
    this.shapes = this.shapes.filter((shape) => shape.key !== key);
    if (this.drawing === key) this.drawing = undefined;
    if (this.chosen === key) this.chosen = undefined;
  }

  finish() {
    this.#remember();
    this.#dropUnfinished();
    this.drawing = undefined;
  }

  /** What has too few corners is no shape. */
  #dropUnfinished() {
    const unfinished = this.get(this.drawing);
    if (unfinished && !isWhole(unfinished)) this.#drop(unfinished.key);
  }

  isConfigured(shape: Shape): boolean {
    const known = this.#configured.get(shape.key);
    return known !== undefined && said(known) === said(shape);
  }

  /** Shapes that the configuration has and that were taken away: nothing that is written takes them away there. */
  removed(): Shape[] {
    const left = new Set(this.shapes.map(({ key }) => key));
    const names = new Set(this.shapes.map(({ kind, name }) => `${kind} ${name}`));
    // One that was drawn anew under the same name takes its place.
    return [...this.#configured.values()].filter((shape) => !left.has(shape.key) && (shape.kind === 'mask' || !names.has(`${shape.kind} ${shape.name}`)));
  }

  /** Whether there were masks and are none any more. */
  get areMasksGone() {
    return (this.told?.masks.length ?? 0) > 0 && !this.shapes.some((shape) => shape.kind === 'mask' && isWhole(shape));
  }

  /** Shapes that the configuration does not have so; of masks all, as they are one setting. */
  changed(): Shape[] {
    const whole = this.shapes.filter(isWhole);
    const masks = whole.filter(({ kind }) => kind === 'mask');
    const wereMasks = this.told?.masks.length ?? 0;
    const isMasksChanged = masks.length !== wereMasks || masks.some((mask) => !this.isConfigured(mask));
    return whole.filter((shape) => (shape.kind === 'mask' ? isMasksChanged : !this.isConfigured(shape)));
  }

  /** The scene to try a rule in: what is drawn, with the ground that is configured where none is drawn. */
  sceneWith(rule: Rule) {
    const whole = this.shapes.filter(isWhole);
    const ground = whole.find(({ kind }) => kind === 'ground');
    const calibration = ground ? { points: ground.corners.map((picture, index) => ({ picture, metres: ground.metres[index] ?? [0, 0] })) } : (this.told?.scene.calibration ?? undefined);
    return {
      zones: whole.filter(({ kind }) => kind === 'zone').map(({ name, corners }) => ({ name, polygon: corners })),
      tripwires: whole.filter(({ kind }) => kind === 'tripwire').map(({ name, corners }) => ({ name, line: corners })),
      signals: this.signals(),
      ...(calibration ? { calibration } : {}),
      rules: [rule],
    };
  }
}

const said = ({ kind, name, corners, metres }: Shape) => JSON.stringify([kind, kind === 'mask' ? '' : name, corners, metres]);
