import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Hono } from 'hono';
import { getMimeType } from 'hono/utils/mime';

type File = {
  body: Buffer<ArrayBuffer>;
  gzipped: Buffer<ArrayBuffer> | null;
  type: string;
  etag: string;
  immutable: boolean;
};
type Site = { builtAt: number; files: ReadonlyMap<string, File> };

const pack = promisify(gzip);
const COMPRESSIBLE = /^(?:text\/|application\/(?:javascript|json|manifest\+json)|image\/svg)/;

/** Scripts and styles come from here only; nothing inline but style attributes, which charts set in their tooltips. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Cartledger</title></head>
<body><h1>The dashboard is not built</h1>
<p>Cartledger is running, but the pages of its dashboard have not been built yet.
Run <code>npm start</code>, which builds and starts everything, then load this page again.
The API answers meanwhile: see <a href="/openapi.json">/openapi.json</a>.</p></body></html>
`;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

const readSite = async (dir: string, builtAt: number): Promise<Site> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<[string, File]> => {
        const full = join(entry.parentPath, entry.name);
        const path = `/${relative(dir, full).split(sep).join('/')}`;
        const body = await readFile(full);
        const type = getMimeType(path) ?? 'application/octet-stream';
        const gzipped = COMPRESSIBLE.test(type) && body.byteLength > 1_024 ? await pack(body) : null;
        const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
        return [path, { body, gzipped, type, etag, immutable: path.startsWith('/assets/') }];
      }),
  );
  return { builtAt, files: new Map(files) };
};

/**
 * Serves the built dashboard from memory: only files that the build made can be asked for, whatever the path says.
 * Read when first needed, and again after a new build. A page's address without a file is the app's own to show.
 */
export const createDashboard = (dir: string): Hono => {
  let site: Promise<Site> | null = null;
  let builtAt = 0;

  const current = async (): Promise<Site | null> => {
    const index = await stat(join(dir, 'index.html')).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (!index) return null;
    if (site === null || index.mtimeMs !== builtAt) {
      builtAt = index.mtimeMs;
      site = readSite(dir, builtAt);
      // A build that was under way while it was read is read again by the next request.
      site.catch(() => {
        site = null;
      });
    }
    return site;
  };

  const app = new Hono();
  app.get('*', async (c, next) => {
    const { path } = c.req;
    const isPage = !path.slice(path.lastIndexOf('/')).includes('.');
    const built = await current();
    if (!built) {
      if (!isPage) return next();
      return c.html(NOT_BUILT, 503, {
        'Content-Security-Policy': CONTENT_SECURITY_POLICY,
        'Cache-Control': 'no-store',
      });
    }
    const file = built.files.get(path) ?? (isPage ? built.files.get('/index.html') : undefined);
    if (!file) return next();
    const headers = {
      'Content-Type': file.type,
      ETag: file.etag,
      Vary: 'Accept-Encoding',
      // Names under /assets carry a digest of their content; all else is asked for again, and mostly answered 304.
      'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    };
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, headers);
    const takesGzip = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
    return file.gzipped && takesGzip
      ? c.body(file.gzipped, 200, { ...headers, 'Content-Encoding': 'gzip' })
      : c.body(file.body, 200, headers);
  });
  return app;
};
