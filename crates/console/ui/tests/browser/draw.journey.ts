// Where to search is drawn on the map by keyboard alone: an area, a circle, along a line; what is drawn is
// said, and the last point is taken back.
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const site = new Site();

beforeAll(async () => {
  await site.start();
  for (const [source, kind, camera] of [['high', 'intrusion', 'yard'], ['middle', 'red_light', 'street']] as const) await site.tell(source, { kind, camera, ago: 3000 });
});
afterAll(() => site.stop());

/** Goes on with Tab until something has the keyboard. */
async function tabTo(page: Page, wanted: Locator) {
  await wanted.waitFor();
  for (let tabs = 0; tabs < 200; tabs += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('Tab does not lead there');
}
const takesKeys = async (pad: Locator) => {
  await pad.waitFor();
  await eventually('the drawing has the keyboard', async () => (await pad.evaluate((element) => element === document.activeElement)) || undefined);
};
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const times = (count: number, key: string) => Array.from({ length: count }, () => key);

// The map is drawn in software here, anew at every key.
test('an area, a circle and a line are drawn by keyboard alone, and searched in', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra', { map: true, width: 1920, height: 1080 });
  const map = page.getByRole('region', { name: 'Bản đồ máy quay và cảnh báo' });
  await map.and(page.locator('[data-ready=true]')).waitFor();
  const spoken = map.getByRole('status');
  const pad = map.getByRole('application');

  await tabTo(page, map.getByRole('button', { name: 'Vùng', exact: true }));
  await page.keyboard.press('Enter');
  await takesKeys(pad);
  await map.getByText('phím Cách đặt góc').waitFor();
  // The lower half: the yard lies south of the middle, the street north of it.
  await press(page, ...times(3, 'Shift+ArrowLeft'), ' ', ...times(4, 'Shift+ArrowDown'), ' ', ...times(6, 'Shift+ArrowRight'), ' ');
  await spoken.getByText(/^Đã đặt điểm 3, cách .* về phía/).waitFor();
  await press(page, ...times(2, 'ArrowLeft'), ' ', 'Backspace');
  await spoken.getByText('Đã bỏ điểm cuối, còn 3 điểm').waitFor();
  await press(page, ...times(2, 'ArrowRight'), ...times(4, 'Shift+ArrowUp'), ' ');
  await shoot(page, 'draw-polygon');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await spoken.getByText('Đã vẽ vùng 4 góc, có 1 máy quay bên trong').waitFor();
  // Who drew goes on where the drawing began.
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('draw-polygon');
  const find = page.getByRole('button', { name: /^Tìm Enter$/ });
  await tabTo(page, find);
  await page.keyboard.press('Enter');
  await page.waitForURL('**polygon=*');
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('1 kết quả').waitFor();
  await results.getByRole('button', { name: /Nghi xâm nhập/ }).waitFor();

  await tabTo(page, map.getByRole('button', { name: 'Vòng tròn', exact: true }));
  await press(page, 'Enter');
  await takesKeys(pad);
  await press(page, ' ', ...times(4, 'Shift+ArrowRight'));
  await shoot(page, 'draw-circle');
  await press(page, ' ');
  await spoken.getByText(/^Đã vẽ vòng tròn bán kính .* có 2 máy quay bên trong$/).waitFor();
  await page.getByText(/^Vùng vẽ trên bản đồ: vòng tròn bán kính/).waitFor();
  await tabTo(page, find);
  await page.keyboard.press('Enter');
  await page.waitForURL('**circle=*');
  await results.getByText('2 kết quả').waitFor();

  await tabTo(page, map.getByRole('button', { name: 'Dọc tuyến', exact: true }));
  await press(page, 'Enter');
  await takesKeys(pad);
  // Nothing is drawn of one point; Escape leaves all as it was.
  await press(page, ' ', 'Enter', 'Escape');
  await spoken.getByText('Đã thôi vẽ').waitFor();
  await press(page, 'Enter');
  await takesKeys(pad);
  await press(page, ...times(3, 'Shift+ArrowUp'), ' ', ...times(6, 'Shift+ArrowDown'), ' ', 'Enter');
  await spoken.getByText('Đã vẽ dọc tuyến 2 điểm, mỗi bên 80 m, có 2 máy quay bên trong').waitFor();
  await tabTo(page, map.getByRole('spinbutton', { name: 'Mỗi bên (m)' }));
  await press(page, 'Control+a', '1', '5', '0', 'Tab');
  await page.getByText('Vùng vẽ trên bản đồ: dọc tuyến 2 điểm, mỗi bên 150 m').waitFor();
  expect(await page.locator('form .fields').evaluate((fields) => fields.scrollWidth <= fields.clientWidth), 'the form keeps its width').toBe(true);
  await shoot(page, 'draw-corridor');
  await tabTo(page, find);
  await page.keyboard.press('Enter');
  await page.waitForURL('**corridor=*');
  await results.getByText('2 kết quả').waitFor();
  // The address is the search.
  await page.reload();
  await page.getByText('Vùng vẽ trên bản đồ: dọc tuyến 2 điểm, mỗi bên 150 m').waitFor();
  expect(complaints).toEqual([]);
  await close();
}, 240_000);
