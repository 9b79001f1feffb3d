/** The dashboard in a real browser over the running product, against a shop whose numbers are known. */
import { launchBrowser } from '@cartledger/local-stack';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShop } from '../integration/product-shop.ts';
import {
  accessibilityProblems,
  focusOf,
  listOf,
  openPage,
  paperOf,
  settled,
  sidewaysScroll,
  tableOf,
} from './pages.ts';
import { buildDashboard, type Product, startProduct, until } from './product.ts';
import { KNOWN, knownEvents } from './shop.ts';

const SHOP = 'known-shop';
const GERMAN = { time_zone: 'Europe/Berlin', currency: 'EUR' };
type Shop = Awaited<ReturnType<typeof createShop>>;
const PAGES = [
  { path: 'funnel', heading: 'Funnel', charts: 1 },
  { path: 'abandonment', heading: 'Abandonment', charts: 3 },
  { path: 'revenue', heading: 'Revenue by stage', charts: 2 },
] as const;

let product: Product;
let browser: Browser;
let fresh: Shop;
let token = '';
let freshToken = '';

const at = (path: string, key = token): string => `${product.url}${path}#token=${key}`;

const sendAll = async (shop: Shop, events: readonly unknown[]): Promise<void> => {
  expect((await shop.send(events)).body).toEqual({ accepted: events.length, rejected: [] });
};

beforeAll(async () => {
  await buildDashboard();
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
  const shop = await createShop(product, SHOP, GERMAN);
  fresh = await createShop(product, 'fresh-shop', GERMAN);
  token = (await shop.newKey('reports:read')).key;
  freshToken = (await fresh.newKey('reports:read')).key;
  await sendAll(shop, knownEvents(SHOP, Date.now()));
  await shop.settled();
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe('the numbers', () => {
  test('the address that a start prints leads to the funnel, and the key leaves the address', async () => {
    const { page, problems, close } = await openPage(browser, at('/'));
    await settled(page, 'Funnel');
    expect(page.url()).toBe(`${product.url}/stores/${SHOP}/funnel`);
    expect((await tableOf(page, 'Funnel stages')).map((row) => row.slice(0, 5))).toEqual(KNOWN.funnel);
    expect(await page.locator('.status').textContent()).toMatch(/Europe\/Berlin.*EUR.*as of \d\d:\d\d:\d\d/s);
    await page.reload();
    await settled(page, 'Funnel');
    expect(problems).toEqual([]);
    await close();
  });

  test('abandonment: rates, states, points and reasons', async () => {
    const { page, problems, close } = await openPage(browser, at(`/stores/${SHOP}/abandonment`));
    await settled(page, 'Abandonment');
    expect(await listOf(page, '.kpis')).toEqual(KNOWN.abandonment.kpis);
    const states = await listOf(page, '.states');
    expect(Object.fromEntries(Object.entries(states).map(([state, [count]]) => [state, count]))).toEqual(
      KNOWN.abandonment.states,
    );
    expect(await tableOf(page, 'Where carts are left: numbers')).toEqual(KNOWN.abandonment.points);
    expect(await tableOf(page, 'Why carts are left: numbers')).toEqual(KNOWN.abandonment.reasons);
    expect(await tableOf(page, 'Products: numbers')).toEqual(KNOWN.abandonment.products);
    expect(problems).toEqual([]);
    await close();
  });

  test('revenue: the bridge reconciles, line by line, and stages add up', async () => {
    const { page, problems, close } = await openPage(browser, at(`/stores/${SHOP}/revenue`));
    await settled(page, 'Revenue by stage');
    expect(await listOf(page, '.kpis')).toEqual(KNOWN.revenue.kpis);
    const bridge = Object.fromEntries(await tableOf(page, 'Bridge from carts to net, EUR'));
    expect(bridge).toMatchObject(KNOWN.revenue.bridge);
    expect(await tableOf(page, 'Cart value by stage, EUR')).toEqual(KNOWN.revenue.stages);
    await page.getByText('Reconciled.').waitFor();
    expect(await page.getByText('Does not reconcile').count()).toBe(0);
    expect(problems).toEqual([]);
    await close();
  });

  test('revenue: refunds count on their order’s day when that is chosen, by keyboard too, and a link keeps it', async () => {
    const { page, problems, close } = await openPage(browser, at(`/stores/${SHOP}/revenue`));
    await settled(page, 'Revenue by stage');
    await page.getByText('Orders and refunds dated in the period').waitFor();
    await page.getByLabel('Refunds', { exact: true }).focus();
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/[?&]refunds_on=order$/);
    await page.getByText('Orders dated in the period, and their refunds').waitFor();
    await page.getByText('of the orders of these days, whenever that was').waitFor();
    await page.reload();
    await page.getByText('Orders dated in the period, and their refunds').waitFor();
    await page.getByText('Reconciled.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test('a link shows another reader the same days', async () => {
    const { page, problems, close } = await openPage(
      browser,
      at(`/stores/${SHOP}/funnel?from=2026-01-01&to=2026-01-31`),
    );
    await page.getByText('1–31 Jan 2026').first().waitFor();
    await page.getByRole('heading', { name: 'Nothing in 1–31 Jan 2026' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('a store that has sent nothing is told how to begin, and the page fills by itself once it does', async () => {
    const { page, problems, close } = await openPage(browser, at('/', freshToken));
    await page.getByRole('heading', { name: 'Nothing yet: send your first event' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const command = (await page.getByLabel('Send an event').textContent()) ?? '';
    expect(command).toContain(`curl ${product.url}/v1/events`);
    const [, body = ''] = /-d '(.*)'$/s.exec(command) ?? [];
    const told: unknown = JSON.parse(body);
    await sendAll(fresh, Array.isArray(told) ? told : []);
    await page.getByRole('table', { name: 'Funnel stages' }).waitFor({ timeout: 60_000 });
    // Before its first event a store's reports are answered as not ready.
    expect(problems.filter((problem) => !problem.includes('409'))).toEqual([]);
    await close();
  });
});

describe('for every reader', () => {
  for (const { path, heading, charts } of PAGES)
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1280, 360])
        test(`${path}, ${colorScheme}, ${width} px wide: drawn, accessible, no sideways scroll`, async () => {
          const { page, problems, close } = await openPage(browser, at(`/stores/${SHOP}/${path}`), {
            colorScheme,
            viewport: { width, height: 780 },
          });
          await settled(page, heading);
          await until('the charts are drawn', 15_000, async () =>
            (await page.locator('.chart svg').count()) === charts ? true : null,
          );
          expect(await sidewaysScroll(page)).toBe(0);
          expect(await accessibilityProblems(page)).toEqual([]);
          expect(problems).toEqual([]);
          await close();
        });

  test('the theme can be switched and stays switched', async () => {
    const { page, problems, close } = await openPage(browser, at(`/stores/${SHOP}/funnel`), { colorScheme: 'light' });
    await settled(page, 'Funnel');
    const light = await paperOf(page);
    await page.getByRole('button', { name: 'Switch to dark theme' }).click();
    const dark = await paperOf(page);
    expect(dark).not.toBe(light);
    await page.reload();
    await settled(page, 'Funnel');
    expect(await paperOf(page)).toBe(dark);
    expect(problems).toEqual([]);
    await close();
  });

  test('the keyboard alone reaches everything', async () => {
    const { page, problems, close } = await openPage(browser, at(`/stores/${SHOP}/funnel`));
    await settled(page, 'Funnel');
    const focused = (): Promise<string> => focusOf(page);

    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the numbers');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('main');
    // The picker opens, chooses and closes, and focus is where it was.
    await page.keyboard.press('Tab');
    while (!(await focused()).includes('Last 30 days')) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Choose a period' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Choose a period' }).waitFor({ state: 'hidden' });
    expect(await focused()).toContain('Last 30 days');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toContain('Today');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/funnel?period=today');
    // Definitions come with focus and go with Escape.
    await page.goto(`${product.url}/stores/${SHOP}/abandonment`);
    await settled(page, 'Abandonment');
    await page.getByRole('button', { name: 'Abandonment rate' }).focus();
    const tip = page.getByRole('tooltip').filter({ hasText: 'ever abandoned + purchased' });
    await tip.waitFor();
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'hidden' });
    // A page change is announced by focus on its heading.
    await page.getByRole('link', { name: 'Revenue' }).focus();
    await page.keyboard.press('Enter');
    await settled(page, 'Revenue by stage');
    await until('focus is on the heading', 5_000, async () => ((await focused()) === 'Revenue by stage' ? true : null));
    expect(problems).toEqual([]);
    await close();
  });
});

describe('signing in', () => {
  test('without a key there is a form that says where to get one', async () => {
    const { page, problems, close } = await openPage(browser, product.url);
    await page.getByText('npx cartledger keys create --store ID --scope reports:read').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Read key').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await settled(page, 'Funnel');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test('a key that is not good leads back to the form, with the reason', async () => {
    const { page, close } = await openPage(browser, at('/', 'no-such-key'));
    await page.getByText('This key is not valid').waitFor();
    await close();
  });

  test("another store's numbers cannot be opened", async () => {
    const { page, close } = await openPage(browser, at('/stores/fresh-shop/funnel'));
    await page.getByRole('heading', { name: 'No such store' }).waitFor();
    await close();
  });
});

test('an address that is no page of ours says so', async () => {
  const { page, close } = await openPage(browser, at('/somewhere/else'));
  await page.getByRole('heading', { name: 'No such page' }).waitFor();
  await close();
});

describe('when something fails', () => {
  test('a report that fails says what happened, and trying again shows it', async () => {
    const { page, close } = await openPage(browser, 'about:blank');
    const answer = { error: { code: 'unavailable', message: 'The reports cannot be read at this moment.' } };
    await page.route('**/reports/**', (route) => route.fulfill({ status: 503, json: answer }));
    await page.goto(at(`/stores/${SHOP}/revenue`));
    await page.getByText('The reports cannot be read at this moment. (503 unavailable)').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.unroute('**/reports/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await settled(page, 'Revenue by stage');
    await close();
  });

  test('numbers stay, marked as not refreshed, while the server is away', async () => {
    const { page, close } = await openPage(browser, at(`/stores/${SHOP}/funnel`));
    await settled(page, 'Funnel');
    await page.context().setOffline(true);
    await page.getByText('These numbers could not be refreshed').waitFor();
    expect((await tableOf(page, 'Funnel stages')).map((row) => row.slice(0, 5))).toEqual(KNOWN.funnel);
    await page.context().setOffline(false);
    await page.getByText('These numbers could not be refreshed').waitFor({ state: 'detached' });
    await close();
  });
});
