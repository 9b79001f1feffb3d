/**
 * The README's pictures, from a running product: `node test/e2e/screenshots.ts URL TOKEN [STORE]` writes each page in
 * both themes to docs/screenshots/. Pictures show the machine's own fonts.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser } from '@cartledger/local-stack';
import { settled } from './pages.ts';

const TARGET = join(import.meta.dirname, '../../docs/screenshots');
const PAGES = [
  { name: 'funnel', heading: 'Funnel' },
  { name: 'abandonment', heading: 'Abandonment' },
  { name: 'revenue', heading: 'Revenue by stage' },
] as const;

const [url, token, store] = process.argv.slice(2);
if (url === undefined || token === undefined) {
  process.stderr.write('usage: node test/e2e/screenshots.ts URL TOKEN [STORE]\n');
  process.exit(2);
}

await mkdir(TARGET, { recursive: true });
const browser = await launchBrowser();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      colorScheme,
      reducedMotion: 'reduce',
      viewport: { width: 1200, height: 860 },
    });
    const page = await context.newPage();
    await page.goto(`${url}/#token=${token}`);
    await settled(page, 'Funnel');
    const shop = store ?? decodeURIComponent(new URL(page.url()).pathname.split('/')[2] ?? '');
    for (const { name, heading } of PAGES) {
      await page.goto(`${url}/stores/${encodeURIComponent(shop)}/${name}`);
      await settled(page, heading);
      await page.locator('.chart svg').first().waitFor();
      // The last frame of a chart's first drawing.
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
      const path = join(TARGET, `${name}-${colorScheme}.png`);
      await page.screenshot({ path, animations: 'disabled', scale: 'css' });
      process.stdout.write(`${path}\n`);
    }
    await context.close();
  }
} finally {
  await browser.close();
}
