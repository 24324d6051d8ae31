// Where to search is a place of a name: typed without marks, picked by keyboard, with the cameras that it holds. And what
// the site draws on its map is shown, and hidden.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site({ config: `[map]
places = "places.geojson"
layers = [
    { id = "closed-roads", name = "Đường cấm", name_en = "Closed roads", file = "closed-roads.geojson" },
    { id = "posts", name = "Chốt trực", file = "posts.geojson" },
]
` });
const collection = (...features: unknown[]) => JSON.stringify({ type: 'FeatureCollection', features });
const ROAD = { type: 'Feature', properties: { name: 'Phố Hàng Bài' }, geometry: { type: 'LineString', coordinates: [[105.8518, 21.0255], [105.8545, 21.0255]] } };
const POST = { type: 'Feature', properties: { name: 'Chốt 1' }, geometry: { type: 'Point', coordinates: [105.8545, 21.027] } };
const BRIDGE = {
  type: 'Feature', properties: { id: 'cau-chuong-duong', name: 'Cầu Chương Dương', name_en: 'Chuong Duong bridge', kind: 'bridge', reach_m: 120 },
  geometry: { type: 'LineString', coordinates: [[105.8525, 21.0252], [105.8535, 21.0252]] },
};

beforeAll(async () => {
  for (const [file, feature] of [['places', BRIDGE], ['closed-roads', ROAD], ['posts', POST]] as const) writeFileSync(join(site.folder, `${file}.geojson`), collection(feature));
  await site.start();
  for (const camera of ['yard', 'street']) await site.tell('middle', { kind: 'red_light', camera, ago: 3000 });
});
afterAll(() => site.stop());

test('a bridge is found by its name without marks, and its camera alone is asked', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra');
  const field = page.getByRole('combobox', { name: 'Nơi', exact: true });
  await field.waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('cau chuong duong');
  const list = page.getByRole('listbox', { name: 'Nơi có tên như vậy' });
  await list.getByRole('option', { name: /Cầu Chương Dương.*1 máy quay.*cầu/ }).waitFor();
  await page.getByText('1 nơi, mũi tên để chọn').waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowDown');
  const active = await field.getAttribute('aria-activedescendant');
  expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true');
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'places');
  // Escape leaves what was typed; the list comes again by an arrow.
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  expect(await field.inputValue()).toBe('cau chuong duong');
  await page.keyboard.press('ArrowDown');
  await list.waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const picked = page.locator('[data-place="site-cau-chuong-duong"]');
  await picked.getByText('Cầu Chương Dương').waitFor();
  await picked.getByText(/1 máy quay/).waitFor();
  await page.getByRole('button', { name: /^Tìm Enter$/ }).click();
  await page.waitForURL('**place_id=site-cau-chuong-duong*');
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('Đã hỏi 1 máy quay').waitFor();
  await results.getByText('1 kết quả').waitFor();
  await shoot(page, 'places-picked');
  expect(await violations(page)).toEqual([]);
  // The address alone knows what it is called.
  await page.reload();
  await picked.getByText('Cầu Chương Dương').waitFor();
  await page.getByRole('button', { name: 'Bỏ nơi đã chọn', exact: true }).click();
  await field.waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('a district of old leads to the wards of now', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra');
  const field = page.getByRole('combobox', { name: 'Nơi', exact: true });
  await field.fill('quan hoan kiem');
  await page.getByRole('listbox').getByRole('option').first().waitFor();
  // The form scrolls; what is offered is not cut off by it.
  const { list, form } = await page.evaluate(() => ({ list: document.querySelector('[role=listbox]')?.getBoundingClientRect(), form: document.querySelector('form .fields')?.getBoundingClientRect() }));
  expect(list?.right).toBeGreaterThan(form?.right ?? Infinity);
  const district = page.getByRole('option', { name: /Quận Hoàn Kiếm.*quận, huyện cũ.*nay thuộc .*Phường Hoàn Kiếm/ });
  await district.waitFor();
  await district.click();
  await page.locator('[data-place]').getByText(/2 máy quay/).waitFor();
  await page.getByRole('button', { name: /^Tìm Enter$/ }).click();
  await page.getByRole('region', { name: 'Kết quả' }).getByText('Đã hỏi 2 máy quay').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('what the site draws on its map is shown where there is no base map, hidden, and stays so', async () => {
  const { page, complaints, close } = await sitDown(site, '/may-quay', { map: true });
  const map = page.getByRole('region', { name: 'Bản đồ máy quay và cảnh báo' });
  await map.and(page.locator('[data-ready=true]')).waitFor();
  const layers = map.getByRole('group', { name: /^Lớp bản đồ/ });
  const roads = layers.getByRole('button', { name: 'Đường cấm', exact: true });
  await layers.getByRole('button', { name: 'Chốt trực', exact: true, pressed: true }).waitFor();
  /** Pixels of the screen in the colour of the layers, of the part that the road goes through. */
  const drawn = async () => {
    const { x = 0, y = 0, width = 0, height = 0 } = (await map.first().boundingBox()) ?? {};
    const screen = await page.screenshot({ clip: { x: x + 60, y: y + 60, width: width - 120, height: height - 180 } });
    return page.evaluate(async (png) => {
      const image = new Image();
      image.src = `data:image/png;base64,${png}`;
      await image.decode();
      const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
      pen?.drawImage(image, 0, 0);
      const { data = [] } = pen?.getImageData(0, 0, image.width, image.height) ?? {};
      let count = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] === 0xb3 && data[at + 1] === 0xc0 && data[at + 2] === 0xcd) count += 1;
      return count;
    }, screen.toString('base64'));
  };
  await expect.poll(drawn, { timeout: 20_000 }).toBeGreaterThan(100);
  await shoot(page, 'map-layers');
  expect(await violations(page)).toEqual([]);
  await roads.click();
  await layers.getByRole('button', { name: 'Đường cấm', exact: true, pressed: false }).waitFor();
  await page.reload();
  await map.and(page.locator('[data-ready=true]')).waitFor();
  await layers.getByRole('button', { name: 'Đường cấm', exact: true, pressed: false }).waitFor();
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByRole('button', { name: 'Closed roads', exact: true, pressed: false }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});
