// What is being drawn and set for one camera, beside what its configuration has.
import type { Rule } from './kinds';
import { freeName, isWhole, type Corner, type Shape, type ShapeKind } from './shapes';
import { tellScene } from './words';

/** A camera's scene as the service tells it. */
export interface Told {
  camera: string;
  scene: {
    zones: { name: string; polygon: Corner[] }[];
    tripwires: { name: string; line: [Corner, Corner] }[];
    signals?: { name: string }[];
    calibration?: { points: { picture: Corner; metres?: Corner | null }[] } | null;
    rules: Rule[];
  };
  masks: Corner[][];
}

export class Draft {
  shapes = $state.raw<Shape[]>([]);
  /** The shape that is looked at. */
  chosen = $state<number>();
  /** The shape that corners are still being added to. */
  drawing = $state<number>();
  told = $state.raw<Told>();
  /** The shapes as the configuration has them, by their keys. */
  #configured = new Map<number, string>();
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
      // Points given by their location are left to the file.
      ...(scene.calibration?.points.every((point) => point.metres)
        ? [shape('ground', tellScene().stem['ground'] ?? '', scene.calibration.points.map((point) => point.picture), scene.calibration.points.map((point) => point.metres ?? [0, 0]))] : []),
    ];
    this.#configured = new Map(this.shapes.map((one) => [one.key, said(one)]));
  }

  get(key: number | undefined): Shape | undefined {
    return this.shapes.find((shape) => shape.key === key);
  }

  /** Begins a new shape; of the ground's points there is one. */
  draw(kind: ShapeKind) {
    const ground = kind === 'ground' ? this.shapes.find((shape) => shape.kind === 'ground') : undefined;
    this.dropUnfinished();
    const key = ground?.key ?? this.#next++;
    if (!ground) this.shapes = [...this.shapes, { key, kind, name: freeName(this.shapes, kind, tellScene().stem[kind] ?? kind), corners: [], metres: [] }];
    this.chosen = key;
    this.drawing = key;
  }

  put(shape: Shape) {
    this.shapes = this.shapes.map((old) => (old.key === shape.key ? shape : old));
  }

  remove(key: number) {
    this.shapes = this.shapes.filter((shape) => shape.key !== key);
    if (this.drawing === key) this.drawing = undefined;
    if (this.chosen === key) this.chosen = undefined;
  }

  finish() {
    this.dropUnfinished();
    this.drawing = undefined;
  }

  /** What has too few corners is no shape. */
  dropUnfinished() {
    const unfinished = this.get(this.drawing);
    if (unfinished && !isWhole(unfinished)) this.remove(unfinished.key);
  }

  isConfigured(shape: Shape): boolean {
    return this.#configured.get(shape.key) === said(shape);
  }

  /** Shapes that the configuration does not have so; of masks all, as they are one setting. */
  changed(): Shape[] {
    const whole = this.shapes.filter(isWhole);
    const masks = whole.filter(({ kind }) => kind === 'mask');
    const wereMasks = this.told?.masks.length ?? 0;
    const isMasksChanged = masks.length !== wereMasks || masks.some((mask) => !this.isConfigured(mask));
    return whole.filter((shape) => (shape.kind === 'mask' ? isMasksChanged : !this.isConfigured(shape)));
  }

  /** The scene to try a rule in: what is drawn, with the lights and the ground that are configured. */
  sceneWith(rule: Rule) {
    const whole = this.shapes.filter(isWhole);
    const ground = whole.find(({ kind }) => kind === 'ground');
    const calibration = ground ? { points: ground.corners.map((picture, index) => ({ picture, metres: ground.metres[index] ?? [0, 0] })) } : (this.told?.scene.calibration ?? undefined);
    return {
      zones: whole.filter(({ kind }) => kind === 'zone').map(({ name, corners }) => ({ name, polygon: corners })),
      tripwires: whole.filter(({ kind }) => kind === 'tripwire').map(({ name, corners }) => ({ name, line: corners })),
      signals: this.told?.scene.signals ?? [],
      ...(calibration ? { calibration } : {}),
      rules: [rule],
    };
  }
}

const said = ({ kind, name, corners, metres }: Shape) => JSON.stringify([kind, kind === 'mask' ? '' : name, corners, metres]);
