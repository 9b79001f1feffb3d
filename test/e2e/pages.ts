/** The browser side: pages that may log nothing and fail nothing, and their numbers as a reader sees them. */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export type Watched = { page: Page; problems: string[]; close(): Promise<void> };

/** A page of its own context. `problems` fills with console errors, page errors, failed and foreign requests. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  const { origin } = new URL(url);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`foreign request: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    // A page that is left drops the answers it no longer needs.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') problems.push(`failed request: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(url);
  return { page, problems, close: () => context.close() };
};

/** Numbers are there once the page is no longer loading, charts once they hold a drawing. */
export const settled = async (page: Page, heading: string): Promise<void> => {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  await page.locator('time').waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** What a page's own code answers; it runs in the browser, whose types are not this side's. */
const rowsFrom = async (page: Page, code: string): Promise<string[][]> => {
  const answer: unknown = await page.evaluate(code);
  if (!Array.isArray(answer)) throw new Error('the page gave no rows');
  return answer.map((row: unknown) => (Array.isArray(row) ? row.filter(isText) : []));
};

/** A table's cells row by row, without the small print below a name. */
export const tableOf = async (page: Page, caption: string): Promise<string[][]> => {
  await page.getByRole('table', { name: caption, exact: true }).waitFor();
  return rowsFrom(
    page,
    `[...document.querySelectorAll('table')].find((table) => table.caption.textContent === ${JSON.stringify(caption)})
      .querySelectorAll('tbody tr').values().map((row) => [...row.children].map((cell) => {
        const copy = cell.cloneNode(true);
        for (const small of copy.querySelectorAll('.meaning, [role=tooltip]')) small.remove();
        return copy.textContent.trim();
      })).toArray()`,
  );
};

/** Label to value and note, of a definition list. */
export const listOf = async (page: Page, selector: string): Promise<Record<string, string[]>> => {
  const rows = await rowsFrom(
    page,
    `[...document.querySelectorAll(${JSON.stringify(`${selector} > div`)})].map((entry) =>
      [entry.querySelector('dt button').textContent, ...[...entry.querySelectorAll('dd')].map((dd) => dd.textContent)])`,
  );
  return Object.fromEntries(rows.map(([label = '', ...values]) => [label, values]));
};

/** What axe finds wrong, one line a rule and place; empty when nothing is. */
export const accessibilityProblems = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(
      ({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' at ' + target.join(' ') + ': ' + failureSummary)))`,
  );
  return Array.isArray(found) ? found.map(String) : ['axe gave no answer'];
};

/** How far the page can be scrolled sideways: 0 is right. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

export const paperOf = (page: Page): Promise<string> =>
  page.evaluate('getComputedStyle(document.documentElement).backgroundColor');

/** The id, label or text of what has the focus. */
export const focusOf = (page: Page): Promise<string> =>
  page.evaluate(
    "((element) => element.id === 'main' ? 'main' : (element.getAttribute('aria-label') ?? element.textContent).trim())(document.activeElement)",
  );
