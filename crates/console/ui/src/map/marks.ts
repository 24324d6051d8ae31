// The signs on the map, drawn once: priorities with shape and digit, cameras by state, where they look.

const SIZE = 56;
const RATIO = 2;

export type Colour = (name: string) => string;

export interface Mark {
  name: string;
  pixels: ImageData;
  ratio: number;
}

/** Draws every sign in the colours of the current look. */
export function marks(colour: Colour): Mark[] {
  const severities = [1, 2, 3, 4].map((level) => mark(`p${level}`, (context) => severity(context, level, colour)));
  return [
    ...severities,
    mark('camera-up', (context) => dot(context, colour('--ok'), colour('--bg-0'), true)),
    mark('camera-trouble', (context) => dot(context, colour('--p3-fill'), colour('--bg-0'), true)),
    mark('camera-down', (context) => dot(context, colour('--tx-3'), colour('--bg-0'), false)),
    mark('view', (context) => view(context, colour('--ac'))),
  ];
}

function mark(name: string, draw: (context: CanvasRenderingContext2D) => void): Mark {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE;
  canvas.height = SIZE;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser gives no canvas to draw the signs of the map on');
  draw(context);
  return { name, pixels: context.getImageData(0, 0, SIZE, SIZE), ratio: RATIO };
}

function severity(context: CanvasRenderingContext2D, level: number, colour: Colour) {
  const shapes: Record<number, [number, number][]> = {
    1: [[.3, .06], [.7, .06], [.94, .3], [.94, .7], [.7, .94], [.3, .94], [.06, .7], [.06, .3]],
    2: [[.5, .06], [.96, .9], [.04, .9]],
    3: [[.5, .03], [.97, .5], [.5, .97], [.03, .5]],
  };
  context.beginPath();
  const corners = shapes[level];
  if (corners) for (const [x, y] of corners) context.lineTo(x * SIZE, y * SIZE);
  else context.arc(SIZE / 2, SIZE / 2, SIZE * .42, 0, 2 * Math.PI);
  context.closePath();
  context.fillStyle = colour(`--p${level}-fill`);
  context.fill();
  context.lineWidth = 4;
  context.strokeStyle = level === 4 ? colour('--p4') : colour('--bg-0');
  context.stroke();
  context.fillStyle = colour(`--p${level}-on`);
  context.font = `700 26px ${colour('--f-ui')}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(level), SIZE / 2, SIZE * (level === 2 ? .62 : .53));
}

function dot(context: CanvasRenderingContext2D, colour: string, edge: string, isFull: boolean) {
  context.beginPath();
  context.arc(SIZE / 2, SIZE / 2, 9, 0, 2 * Math.PI);
  context.fillStyle = isFull ? colour : edge;
  context.fill();
  context.lineWidth = 5;
  context.strokeStyle = isFull ? edge : colour;
  context.stroke();
}

/** A wedge that looks north; the map turns it. */
function view(context: CanvasRenderingContext2D, colour: string) {
  const half = Math.PI / 6;
  context.beginPath();
  context.moveTo(SIZE / 2, SIZE / 2);
  context.arc(SIZE / 2, SIZE / 2, SIZE / 2 - 1, -Math.PI / 2 - half, -Math.PI / 2 + half);
  context.closePath();
  context.globalAlpha = .45;
  context.fillStyle = colour;
  context.fill();
}
