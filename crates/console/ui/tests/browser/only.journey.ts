// Replaying only where something was: what lies between is passed over, and said; and what was found at one camera is
// looked for at the others, as a possibility.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const site = new Site({ isAnalysed: true });
/** When the yard had no picture, in ms. */
let gap = { start: 0, end: 0 };
/** Somebody whom a partner system saw in the street, before anybody was followed in the yard. */
let found = '';

const reach = () => {
  const [start, end] = [Date.now() - 20 * 60_000, Date.now() + 60_000].map((time) => encodeURIComponent(new Date(time).toISOString()));
  return `start=${start}&end=${end}`;
};
async function gaps() {
  const told = (await site.ask(`/api/v1/cameras/yard/recordings?${reach()}`)) as { gaps: { start: string; end: string | null }[] };
  return told.gaps;
}
/** Whether somebody was followed in the yard within a span. */
async function isFollowed(from: number, until: number) {
  const { tracks } = (await site.ask(`/api/v1/tracks?cameras=yard&class=person&paths=false&${reach()}`)) as { tracks: { start: string; end: string }[] };
  return tracks.some(({ start, end }) => Date.parse(start) >= from && Date.parse(end) <= until) || undefined;
}

beforeAll(async () => {
  await site.start();
  const begun = Date.now();
  found = await site.tell('high', { camera: 'street', kind: 'intrusion', ago: 150_000 });
  await eventually('somebody is followed', () => isFollowed(0, Infinity));
  await site.fault('/yard/main', 'refuse');
  const lasting = await eventually('the yard is not recorded', async () => (await gaps()).find(({ end }) => end === null));
  // Longer than what is played around those who were seen.
  await eventually('a while has gone by', async () => (Date.now() - Date.parse(lasting.start) > 15_000 ? true : undefined));
  await site.fault('/yard/main', 'clear');
  gap = await eventually('the yard is recorded again', async () => {
    const over = (await gaps()).findLast(({ start, end }) => end !== null && Date.parse(start) >= begun - 60_000);
    return over?.end ? { start: Date.parse(over.start), end: Date.parse(over.end) } : undefined;
  });
  await eventually('somebody is followed again', () => isFollowed(gap.end, Infinity));
});
afterAll(() => site.stop());

test('only where something was is played, and what may have passed is said and gone to', async () => {
  const at = encodeURIComponent(new Date(gap.start - 1000).toISOString());
  const { page, complaints, close } = await sitDown(site, `/dieu-tra/phat-lai?cameras=yard&at=${at}&event=${found}`);
  const clock = async () => Number(await page.locator('[data-at]').getAttribute('data-at'));
  await page.locator('.tile[data-camera="yard"][data-showing="picture"]').waitFor();

  // What was found in the street may have come by here; pressed, that is where one is.
  const passes = page.getByRole('button', { name: /^Có thể (tới lúc|đã qua lúc|đang)/ });
  await passes.waitFor();
  await page.getByText('là khả năng, không phải nhận dạng').waitFor();
  await shoot(page, 'replay-passing');
  expect(await violations(page)).toEqual([]);
  const before = await clock();
  const journey = page.getByRole('region', { name: 'Có thể đã đi qua' });
  await journey.getByRole('button', { name: /có thể là/ }).click();
  await expect.poll(clock).not.toBe(before);
  await page.getByRole('button', { name: 'Có thể đang ở trong hình' }).waitFor();

  // From within the gap on, nothing is played until somebody is there again.
  await page.getByRole('region', { name: 'Chỗ không có hình' }).getByRole('button', { name: /Cầu Chương Dương/ }).last().click();
  await page.keyboard.press('v');
  await page.getByRole('button', { name: 'Chỉ chỗ có xe, người V', pressed: true }).waitFor();
  await page.getByText(/^Bỏ qua \d+ chỗ/).waitFor();
  await page.keyboard.press('l');
  await page.getByText(/vừa bỏ qua \d/).waitFor();
  expect(await clock(), 'behind the gap').toBeGreaterThan(gap.end - 4000);
  await page.keyboard.press('k');
  await shoot(page, 'replay-only');
  expect(await violations(page)).toEqual([]);
  await journey.getByRole('button', { name: 'Thôi theo' }).click();
  await passes.waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await close();
});

test('a browser that plays neither the original nor a copy gets one picture after the other, and says so', async () => {
  const at = encodeURIComponent(new Date(gap.end + 2000).toISOString());
  const { page, complaints, close } = await sitDown(site, `/dieu-tra/phat-lai?cameras=yard&at=${at}`, { without: () => (MediaSource.isTypeSupported = () => false) });
  const tile = page.locator('.tile[data-camera="yard"]');
  await tile.getByText('Bản xem, không phải bản gốc · từng ảnh một', { exact: true }).waitFor();
  const shown = () => tile.locator('time').innerText();
  const first = await shown();
  await page.keyboard.press('l');
  await expect.poll(shown).not.toBe(first);
  await shoot(page, 'replay-pictures');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
