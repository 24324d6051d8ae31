// The ground is measured by pressing points, and shows how badly they fit; lamps are drawn around; a rule
// is judged at some hours only. What comes out is what the program reads. And a search offers the rules and speeds that
// there are.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

// A rule is taken only where there is analysis.
const site = new Site({
  isAnalysed: true,
  // The last camera's, as the configuration reads it.
  config: `
[camera.analysis]
pictures_per_second = 1
[[camera.scene.zones]]
name = "measured"
polygon = [[0.42, 0.43], [0.58, 0.43], [0.69, 0.9], [0.31, 0.9]]
[camera.scene.calibration]
points = [
  { picture = [0.3024, 0.9059], metres = [-4, 12] },
  { picture = [0.6976, 0.9059], metres = [4, 12] },
  { picture = [0.4171, 0.4226], metres = [-5, 40] },
  { picture = [0.5829, 0.4226], metres = [5, 40] },
]
[[camera.scene.rules]]
id = "fast"
kind = "speeding"
zone = "measured"
limit_kmh = 50
`,
});

beforeAll(() => site.start());
afterAll(() => site.stop());

/** Says whether the program takes what the page wrote for the yard. */
function check(written: string): string {
  const [before, after] = site.config().split('[[camera]]\nid = "street"');
  return site.check(`${before}\n${written}\n[[camera]]\nid = "street"${after}`);
}

async function pressAt(page: Page, places: (readonly [number, number])[]) {
  const box = await page.getByRole('application', { name: 'Khung vẽ trên hình máy quay' }).boundingBox();
  if (!box) throw new Error('the drawing is not there');
  for (const [x, y] of places) await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
}

test('points of the ground show how badly they fit, and which is wrong', async () => {
  const { page, complaints, close } = await sitDown(site, '/he-thong/vung?camera=yard');
  await page.locator('.picture img').waitFor();
  await page.getByRole('button', { name: 'Hiệu chuẩn', exact: true }).click();
  // As a camera 6 m above a street sees them.
  const metres = [[-3, 6], [3, 6], [-4, 16], [4, 16], [0, 10], [1.5, 13]] as const;
  await pressAt(page, metres.slice(0, 4).map(([x, y]) => [.5 + (x / (y + 4)) * .9, .3 + 5 / (y + 4)] as const));
  const east = (point: number) => page.getByRole('spinbutton', { name: `Điểm ${point}, m sang phải / đông` });
  const north = (point: number) => page.getByRole('spinbutton', { name: `Điểm ${point}, m lên trên / bắc` });
  const measure = async (point: number) => {
    const [x, y] = metres[point - 1] ?? [0, 0];
    await east(point).fill(String(x));
    await north(point).fill(String(y));
  };
  for (const point of [1, 2, 3, 4]) await measure(point);
  await page.getByText('Bốn điểm lúc nào cũng khớp').waitFor();
  await page.getByRole('button', { name: 'Hiệu chuẩn', exact: true }).click();
  await pressAt(page, metres.slice(4).map(([x, y]) => [.5 + (x / (y + 4)) * .9, .3 + 5 / (y + 4)] as const));
  await page.getByRole('button', { name: 'Xong hình', exact: true }).click();
  await east(5).fill('9');
  for (const point of [6]) await measure(point);
  await north(5).fill('10');
  await page.getByText(/^Các điểm mâu thuẫn nhau: .* lệch nhất là điểm 5$/).waitFor();
  await shoot(page, 'scene-ground-wrong');
  expect(check(await page.locator('pre').innerText())).toContain('contradict each other');
  await measure(5);
  await page.getByText(/^Sai số trung bình 0,\d\d m$/).waitFor();
  await shoot(page, 'scene-ground');
  expect(await violations(page)).toEqual([]);
  const written = await page.locator('pre').innerText();
  expect(written).toContain('[camera.scene.calibration]');
  expect(check(written)).toBe('');
  expect(complaints).toEqual([]);
  await close();
});

test('a traffic light is drawn around its lamps, and a rule over it is judged at night', async () => {
  const { page, complaints, close } = await sitDown(site, '/he-thong/vung?camera=yard');
  await page.locator('.picture img').waitFor();
  const around = (x: number, y: number) => [[x, y], [x + .03, y], [x + .03, y + .05], [x, y + .05]] as const;
  const draw = async (name: string, places: (readonly [number, number])[]) => {
    await page.getByRole('button', { name, exact: true }).click();
    await pressAt(page, places);
    await page.keyboard.press('Enter');
  };
  await draw('Đèn đỏ', [...around(.8, .1)]);
  await page.getByText('Đèn den-1: cần cả ô đèn đỏ và ô đèn xanh').waitFor();
  await draw('Đèn xanh', [...around(.8, .2)]);
  await draw('Vẽ vạch', [[.2, .8], [.7, .8]]);
  await draw('Vẽ vạch', [[.2, .6], [.7, .6]]);
  await page.getByRole('combobox', { name: 'Loại quy tắc' }).selectOption('red_light');
  const signal = page.getByRole('combobox', { name: 'Đèn tín hiệu' });
  await signal.waitFor();
  expect(await signal.inputValue()).toBe('den-1');
  await page.getByRole('combobox', { name: 'Vạch dừng' }).selectOption('vach-1');
  await page.getByRole('combobox', { name: 'Vạch vào giao lộ' }).selectOption('vach-2');
  // The lamps of one light have one name.
  await page.getByRole('textbox', { name: 'Tên: den-1' }).first().fill('huong-bac');
  await page.keyboard.press('Tab');
  await expect.poll(() => page.getByRole('textbox', { name: 'Tên: huong-bac' }).count()).toBe(2);
  await expect.poll(() => signal.inputValue()).toBe('huong-bac');
  await page.getByText('Lúc nào cũng xét').waitFor();
  await page.getByRole('button', { name: 'Thêm khung giờ', exact: true }).click();
  const window = page.getByRole('group', { name: 'Khung giờ 1', exact: true });
  for (const day of ['Thứ bảy', 'Chủ nhật']) await window.getByRole('button', { name: day }).click();
  await window.getByLabel('Từ', { exact: true }).fill('22');
  await page.keyboard.press('Tab');
  await window.getByText('Ghi giờ dạng 22:00').waitFor();
  await window.getByLabel('Từ', { exact: true }).fill('22:30');
  await page.keyboard.press('Tab');
  await window.getByText('Sang ngày hôm sau').waitFor();
  await shoot(page, 'scene-lights');
  expect(await violations(page)).toEqual([]);
  const written = await page.locator('pre').innerText();
  expect(written).toContain('schedule = [{ from = "22:30", to = "05:00", days = ["mon", "tue", "wed", "thu", "fri"] }]');
  expect(written).toContain('signal = "huong-bac"');
  expect(written).toContain('source = { lamps = { red = ');
  expect(check(written)).toBe('');
  // A lamp is taken away, and put back.
  await page.getByRole('button', { name: 'Xoá Ô đèn đỏ huong-bac', exact: true }).click();
  await page.getByText('Đã xoá: Ô đèn đỏ huong-bac').waitFor();
  await page.getByText('Đèn huong-bac: cần cả ô đèn đỏ và ô đèn xanh').waitFor();
  await page.keyboard.press('Control+z');
  await expect.poll(() => page.locator('pre').innerText()).toContain('source = { lamps = { red = ');
  expect(complaints).toEqual([]);
  await close();
});

test('a search is narrowed to a rule by its name, and to speeds where the ground is calibrated', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?cameras=yard');
  await page.getByText('Không máy quay nào được chọn đã hiệu chuẩn mặt đường').waitFor();
  await page.goto(`${site.pages}/dieu-tra`);
  await page.getByLabel('Quy tắc', { exact: true }).selectOption({ label: 'Dấu hiệu quá tốc độ · fast' });
  await page.getByRole('button', { name: 'Dấu hiệu quá tốc độ · fast', pressed: true }).waitFor();
  const [from, to] = [page.getByLabel('Tốc độ từ (km/h)'), page.getByLabel('Tốc độ đến (km/h)')];
  await from.fill('60');
  await to.fill('50');
  await to.press('Tab');
  await page.getByText('Tốc độ từ phải nhỏ hơn tốc độ đến').waitFor();
  const find = page.getByRole('button', { name: /^Tìm Enter$/ });
  expect(await find.isDisabled()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await to.fill('90');
  await to.press('Tab');
  await shoot(page, 'search-speed');
  await find.click();
  await page.waitForURL('**rule=fast*');
  const asked = new URL(page.url()).searchParams;
  expect([asked.get('rule'), asked.get('speed_from'), asked.get('speed_to')]).toEqual(['fast', '60', '90']);
  // Nothing has gone by so fast, which is an answer.
  await page.getByText('Không tìm thấy sự kiện nào khớp').waitFor();
  expect(complaints).toEqual([]);
  await close();
});
