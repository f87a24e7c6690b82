import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RequestHandler, Router } from 'express';
import { DomainError } from '../domain/domain-error.ts';
import type { UiFiles } from './context.ts';
import { type StaticFile, sendFile, staticFile } from './responses/static-file.ts';
import { PREFIX } from './route.ts';
import { routerOf } from './router.ts';

const SHELL = 'index.html';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Reads the files of the built UI once, at the first request. */
export const readUiFiles = (folder: string): UiFiles => {
  let files: Promise<ReadonlyMap<string, StaticFile> | undefined> | undefined;
  return () => {
    files ??= readAll(folder).catch(() => {
      files = undefined;
      return undefined;
    });
    return files;
  };
};

const readAll = async (folder: string): Promise<ReadonlyMap<string, StaticFile>> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && CONTENT_TYPES[path.extname(entry.name)] !== undefined);
  const read = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      const place = path.relative(folder, file).replaceAll(path.sep, '/');
      const contentType = CONTENT_TYPES[path.extname(place)] ?? 'application/octet-stream';
      return [place, staticFile(await readFile(file), contentType)] as const;
    }),
  );
  const byPath = new Map(read);
  if (!byPath.has(SHELL)) throw new Error(`${folder} has no ${SHELL}`);
  return byPath;
};

/** Only resources of this service can run in the page, and no other page can frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FOR_EVER = 'public, max-age=31536000, immutable';
/** Files with a content hash in their names. */
const HASHED = 'assets/';

/**
 * `GET /ui` serves the admin UI without a token, because it contains no data. All its addresses get the same shell, which
 * renders the address.
 */
export const uiRouter = (files: UiFiles): Router => {
  const show: RequestHandler = async (request, response) => {
    const built = await files();
    if (built === undefined) throw notBuilt();
    response.set({ 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'X-Frame-Options': 'DENY' });
    const place = request.path.replace(/^\/ui\/?/, '');
    const file = built.get(place);
    if (file !== undefined && place !== SHELL) {
      return sendFile(request, response, { file, cacheControl: place.startsWith(HASHED) ? FOR_EVER : 'no-cache' });
    }
    const shell = built.get(SHELL);
    if (shell === undefined || isFile(place)) throw new DomainError('ROUTE_NOT_FOUND', 'the admin UI has no such file');
    await sendFile(request, response, { file: shell, cacheControl: 'no-cache' });
  };
  const routes = ['/ui', '/ui/{*place}'].map((path) => ({ method: 'get', path }) as const);
  return routerOf(routes, { serve: () => show }).get('/', redirectToUi);
};

/** For users who know only the address of the service. */
export const redirectToUi: RequestHandler = (_request, response) => response.redirect(`${PREFIX}/ui`);

const notBuilt = (): DomainError =>
  new DomainError('ROUTE_NOT_FOUND', 'the admin UI is not built: run `npm ci`, which builds it, and restart');

/** UI addresses do not end with a file name; the shell has no file name either. */
const isFile = (place: string): boolean =>
  place.startsWith(HASHED) || /\.(?:js|css|map|svg|html|json|ico|png)$/.test(place);
