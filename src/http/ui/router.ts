import { type Request, type RequestHandler, type Response, Router } from 'express';
import { Refusal } from '../../domain/refusal.ts';
import { refuseOtherMethods } from '../refuse.ts';
import { ENCODINGS, type Encoding, SHELL, type UiFile, type UiFiles } from './files.ts';

/** Nothing but what this service itself serves may run in the page, and no other page may frame it. */
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
/** Files whose names carry the hash of what they hold. */
const HASHED = 'assets/';

/**
 * `GET /ui` serves the admin page without a token: it holds no data. Each of its addresses is answered with the same
 * shell, which shows what the address says.
 */
export const uiRouter = (files: UiFiles): Router => {
  const router = Router({ caseSensitive: true });
  const show: RequestHandler = async (request, response) => {
    const built = await files();
    if (built === undefined) throw notBuilt();
    const place = request.path.replace(/^\/ui\/?/, '');
    const file = built.get(place);
    if (file !== undefined && place !== SHELL) {
      return send(request, response, { file, cacheControl: place.startsWith(HASHED) ? FOR_EVER : 'no-cache' });
    }
    const shell = built.get(SHELL);
    if (shell === undefined || isFile(place)) throw new Refusal('ROUTE_NOT_FOUND', 'the page has no such file');
    await send(request, response, { file: shell, cacheControl: 'no-cache' });
  };
  for (const path of ['/ui', '/ui/{*place}'])
    router
      .route(path)
      .get(show)
      .all(refuseOtherMethods(['GET']));
  return router;
};

const notBuilt = (): Refusal =>
  new Refusal('ROUTE_NOT_FOUND', 'the admin page is not built here: run `npm ci`, which builds it, and start again');

/** An address of the page has no file's name at its end; the shell itself is served under none. */
const isFile = (place: string): boolean =>
  place.startsWith(HASHED) || /\.(?:js|css|map|svg|html|json|ico|png)$/.test(place);

type Sent = { readonly file: UiFile; readonly cacheControl: string };

const send = async (request: Request, response: Response, { file, cacheControl }: Sent): Promise<void> => {
  const encoding = encodingFor(request);
  response.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Frame-Options': 'DENY',
    'Cache-Control': cacheControl,
    'Content-Type': file.contentType,
    ETag: file.etag,
    Vary: 'Accept-Encoding',
  });
  if (request.get('if-none-match') === file.etag) {
    response.status(304).end();
    return;
  }
  const bytes = await file.encoded(encoding);
  if (encoding !== 'identity') response.set('Content-Encoding', encoding);
  response.set('Content-Length', String(bytes.length));
  response.status(200).end(request.method === 'HEAD' ? undefined : bytes);
};

const encodingFor = (request: Request): Encoding =>
  ENCODINGS.find((each) => each === request.acceptsEncodings([...ENCODINGS])) ?? 'identity';
