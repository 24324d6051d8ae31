// Where to search is a place of a name: typed without marks, picked by keyboard, with the cameras that it holds.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site({ config: '[map]\nplaces = "places.geojson"\n' });
const BRIDGE = {
  type: 'Feature', properties: { id: 'cau-chuong-duong', name: 'Cầu Chương Dương', name_en: 'Chuong Duong bridge', kind: 'bridge', reach_m: 120 },
  geometry: { type: 'LineString', coordinates: [[105.8525, 21.0252], [105.8535, 21.0252]] },
};

beforeAll(async () => {
  writeFileSync(join(site.folder, 'places.geojson'), JSON.stringify({ type: 'FeatureCollection', features: [BRIDGE] }));
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
