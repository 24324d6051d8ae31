// What drawing on the map says, to the eye and to a screen reader.
import { speech } from '../words/words.svelte';

const number = (value: number) => value.toLocaleString('vi-VN');
const count = (value: number) => value.toLocaleString('en-GB');

export const vi = {
  tools: 'Vẽ nơi cần tìm',
  draw: { box: 'Khung', polygon: 'Vùng', circle: 'Vòng tròn', corridor: 'Dọc tuyến' } as Record<string, string>,
  pad: (kind: string) => `Vẽ trên bản đồ: ${kind}`,
  mouse: {
    box: 'Chuột: kéo từ góc này sang góc kia.', polygon: 'Chuột: bấm từng góc, bấm đúp để xong.', circle: 'Chuột: bấm tâm rồi bấm mép.', corridor: 'Chuột: bấm dọc theo tuyến, bấm đúp để xong.',
  } as Record<string, string>,
  keyboard: {
    box: 'Bàn phím: mũi tên đưa dấu chữ thập (Shift: nhanh hơn), phím Cách đặt hai góc đối nhau.',
    polygon: 'Bàn phím: mũi tên đưa dấu chữ thập (Shift: nhanh hơn), phím Cách đặt góc, Enter để xong.',
    circle: 'Bàn phím: mũi tên đưa dấu chữ thập (Shift: nhanh hơn), phím Cách đặt tâm, lần nữa đặt mép.',
    corridor: 'Bàn phím: mũi tên đưa dấu chữ thập (Shift: nhanh hơn), phím Cách đặt điểm, Enter để xong.',
  } as Record<string, string>,
  others: '+ − phóng to thu nhỏ, Xoá lùi bỏ điểm cuối, Esc thôi vẽ.',
  undo: 'Bỏ điểm cuối',
  finish: 'Xong',
  cancel: 'Thôi vẽ',
  clear: 'Bỏ vùng',
  set: (points: number, where: string) => `Đã đặt điểm ${number(points)}, ${where}`,
  undone: (points: number) => `Đã bỏ điểm cuối, còn ${number(points)} điểm`,
  full: 'Không đặt thêm điểm được nữa',
  drawn: (what: string, cameras: number) => `Đã vẽ ${what}, có ${number(cameras)} máy quay bên trong`,
  cancelled: 'Đã thôi vẽ',
  near: (metres: string, compass: string, camera: string) => `cách ${camera} ${metres} về phía ${compass}`,
  at: (lat: string, lon: string) => `vĩ độ ${lat}, kinh độ ${lon}`,
  area: {
    box: () => 'khung', polygon: (corners: number) => `vùng ${number(corners)} góc`, circle: (_: number, metres: number) => `vòng tròn bán kính ${number(metres)} m`,
    corridor: (corners: number, metres: number) => `dọc tuyến ${number(corners)} điểm, mỗi bên ${number(metres)} m`,
  } as Record<string, (corners: number, metres: number) => string>,
  radius: 'Bán kính (m)',
  reach: 'Mỗi bên (m)',
};

export type MapWords = typeof vi;

export const en: MapWords = {
  tools: 'Draw where to search',
  draw: { box: 'Box', polygon: 'Area', circle: 'Circle', corridor: 'Along a line' },
  pad: (kind) => `Drawing on the map: ${kind}`,
  mouse: {
    box: 'Mouse: drag from one corner to the other.', polygon: 'Mouse: press each corner, double-click to finish.', circle: 'Mouse: press the centre, then the edge.', corridor: 'Mouse: press along the line, double-click to finish.',
  },
  keyboard: {
    box: 'Keyboard: arrows move the cross (Shift: faster), Space sets two opposite corners.',
    polygon: 'Keyboard: arrows move the cross (Shift: faster), Space sets a corner, Enter finishes.',
    circle: 'Keyboard: arrows move the cross (Shift: faster), Space sets the centre, once more the edge.',
    corridor: 'Keyboard: arrows move the cross (Shift: faster), Space sets a point, Enter finishes.',
  },
  others: '+ − zoom, Backspace takes the last point away, Esc stops drawing.',
  undo: 'Take the last point away',
  finish: 'Done',
  cancel: 'Stop drawing',
  clear: 'Drop the area',
  set: (points, where) => `Point ${count(points)} is set, ${where}`,
  undone: (points) => `The last point is gone, ${count(points)} left`,
  full: 'No more points can be set',
  drawn: (what, cameras) => `Drawn: ${what}, with ${count(cameras)} ${cameras === 1 ? 'camera' : 'cameras'} inside`,
  cancelled: 'Drawing has stopped',
  near: (metres, compass, camera) => `${metres} ${compass} of ${camera}`,
  at: (lat, lon) => `latitude ${lat}, longitude ${lon}`,
  area: {
    box: () => 'a box', polygon: (corners) => `an area of ${count(corners)} corners`, circle: (_, metres) => `a circle of ${count(metres)} m radius`,
    corridor: (corners, metres) => `along a line of ${count(corners)} points, ${count(metres)} m to each side`,
  },
  radius: 'Radius (m)',
  reach: 'To each side (m)',
};

/** Returns the words of drawing, in the language spoken now. */
export const tellMap = (): MapWords => (speech.language === 'vi' ? vi : en);

/** Says in words what was drawn. */
export const areaWord = ({ kind, corners, metres = 0 }: { kind: string; corners: unknown[]; metres?: number }) => tellMap().area[kind]?.(corners.length, metres) ?? kind;
