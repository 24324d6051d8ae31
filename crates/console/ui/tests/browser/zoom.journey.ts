// At 200 % on a small screen nothing is lost and nothing has to be scrolled two ways (WCAG 2.2, 1.4.4 and
// 1.4.10); on the largest screens the pages are looked at.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site({ isOneOff: true });
let alert = '';

beforeAll(async () => {
  await site.start();
  for (const [source, kind, camera] of [['high', 'intrusion', 'yard'], ['middle', 'red_light', 'street'], ['urgent', 'wrong_way', 'yard']] as const) alert = await site.tell(source, { kind, camera, ago: 3000 });
});
afterAll(() => site.stop());

/** 1366 × 768 at 200 %: half as many pixels of the page each way. */
const ZOOMED = { width: 683, height: 384 };
const LARGEST = { width: 3840, height: 2160 };

/** Pages by a word for their pictures: their address, and what is there when they stand. */
const PAGES: Record<string, () => [address: string, stands: (page: Page) => Promise<unknown>]> = {
  duty: () => ['/truc-ban', (page) => page.getByRole('option').first().waitFor()],
  alert: () => [`/truc-ban/${alert}`, (page) => page.getByRole('complementary').locator('figure').first().waitFor()],
  handover: () => ['/truc-ban/ban-giao', (page) => page.getByRole('heading', { name: 'Giao ca', exact: false }).first().waitFor()],
  live: () => ['/truc-tiep', (page) => page.locator('.tile').first().waitFor()],
  cameras: () => ['/may-quay', (page) => page.getByRole('option').first().waitFor()],
  camera: () => ['/may-quay/yard', (page) => page.getByRole('complementary').getByRole('heading').first().waitFor()],
  search: () => ['/dieu-tra?kind=intrusion', (page) => page.getByText('1 kết quả').waitFor()],
  replay: () => [`/dieu-tra/phat-lai?cameras=yard,street&at=${encodeURIComponent(new Date(Date.now() - 8000).toISOString())}`, (page) => page.locator('.tile[data-showing=picture]').first().waitFor()],
  cases: () => ['/chung-cu/vu-viec', (page) => page.getByText('Chưa có vụ việc nào').waitFor()],
  packages: () => ['/chung-cu/goi', (page) => page.getByText('Chưa có gói nào').waitFor()],
  holds: () => ['/chung-cu/luu-giu', (page) => page.getByText('Không có gì đang được giữ').waitFor()],
  system: () => ['/he-thong', (page) => page.getByText('Ổ ghi hình').waitFor()],
  'system-cameras': () => ['/he-thong/may-quay', (page) => page.getByRole('row').nth(1).waitFor()],
  scene: () => ['/he-thong/vung?camera=yard', (page) => page.locator('.picture img').waitFor()],
  storage: () => ['/he-thong/luu-tru', (page) => page.getByRole('heading').nth(1).waitFor()],
  quality: () => ['/he-thong/chat-luong', (page) => page.getByRole('heading').nth(1).waitFor()],
  reports: () => ['/he-thong/bao-cao', (page) => page.getByRole('heading').nth(1).waitFor()],
  accounts: () => ['/he-thong/tai-khoan', (page) => page.getByText('Trực ban 01').first().waitFor()],
  audit: () => ['/he-thong/nhat-ky', (page) => page.getByRole('row').nth(1).waitFor()],
};

/** Returns what is cut off or out of reach, and what has to be scrolled sideways, each with where. */
const lost = (page: Page) => page.evaluate(() => {
  const found: string[] = [];
  const named = (element: Element) => `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ''}.${[...element.classList].join('.')} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replaceAll(/\s+/g, ' ').slice(0, 40)}”`;
  const WIDE = 'table, pre, [role=application], .maplibregl-map, svg, video, input';
  if (document.documentElement.scrollWidth > innerWidth + 1) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll('body *')) {
    const { overflowX } = getComputedStyle(element);
    const isScrolled = (overflowX === 'auto' || overflowX === 'scroll') && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
    // Tables and what is written by machines may be wide (1.4.10 excepts them).
    if (isScrolled && !element.matches(WIDE) && !element.querySelector(WIDE)) found.push(`scrolls sideways: ${named(element)} ${element.scrollWidth} in ${element.clientWidth}`);
  }
  // What is for screen readers alone is cut to nothing.
  const isClipped = (element: Element | null): boolean => element !== null && (getComputedStyle(element).clipPath !== 'none' || isClipped(element.parentElement));
  const isHidden = (element: Element) => isClipped(element) || element.closest('.visually-hidden, .skip, [aria-hidden=true]') !== null || !element.checkVisibility({ opacityProperty: false, visibilityProperty: true });
  for (const element of document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, h2, h3, p, dt, dd, td, li, label, time, b, span')) {
    if (isHidden(element)) continue;
    const size = element.getBoundingClientRect();
    if (size.width < 2 || size.height < 2) continue;
    if (element.children.length > 0 ? !element.matches('a, button, label') : !element.matches('input, select, textarea, button') && element.textContent.trim() === '') continue;
    element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
    const box = element.getBoundingClientRect();
    let [left, top, right, bottom] = [Math.max(0, box.left), Math.max(0, box.top), Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
    let isWide = false;
    for (let around = element.parentElement; around; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      if (overflowX === 'visible' && overflowY === 'visible') continue;
      isWide ||= around.querySelector('table, pre') !== null && overflowX !== 'hidden';
      const edge = around.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, edge.left), Math.max(top, edge.top), Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
    }
    // A box that is taller than the window is read while it is scrolled.
    const seenHigh = Math.min(box.height, innerHeight * .6);
    const isCut = right - left < Math.min(box.width, innerWidth) - 3 || bottom - top < Math.min(seenHigh, 20);
    if (isCut && !isWide) found.push(`cut off: ${named(element)} ${Math.round(right - left)}×${Math.round(bottom - top)} of ${Math.round(box.width)}×${Math.round(box.height)}`);
  }
  scrollTo(0, 0);
  return found;
});

test.each(Object.keys(PAGES))('zoomed to twice the size nothing of the page is lost: %s', async (name) => {
  const [address, stands] = PAGES[name]?.() ?? ['', () => Promise.resolve()];
  const { page, complaints, close } = await sitDown(site, address, ZOOMED);
  await stands(page);
  await shoot(page, `zoom-${name}`);
  expect(await lost(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('journey 2 without a mouse at 200 %: a critical alert is acknowledged', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban', ZOOMED);
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').locator('figure').first().waitFor();
  await page.keyboard.press('a');
  await page.getByRole('complementary').getByText(/Đã xác nhận/).first().waitFor();
  await shoot(page, 'zoom-acknowledged');
  expect(complaints).toEqual([]);
  await close();
});

test('on the largest screens', async () => {
  for (const name of ['duty', 'alert', 'live', 'search', 'replay', 'system', 'scene']) {
    const [address, stands] = PAGES[name]?.() ?? ['', () => Promise.resolve()];
    const { page, complaints, close } = await sitDown(site, address, LARGEST);
    await stands(page);
    await shoot(page, `largest-${name}`);
    expect(await violations(page), name).toEqual([]);
    expect(complaints, name).toEqual([]);
    await close();
  }
});
