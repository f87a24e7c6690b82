import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export const ENCODINGS = ['br', 'gzip', 'identity'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** A file of the page as it is sent. */
export type UiFile = {
  readonly contentType: string;
  readonly etag: string;
  /** The bytes in an encoding. Each is compressed once. */
  encoded(encoding: Encoding): Promise<Buffer>;
};

/** The files of the page by their paths below its folder; undefined where they were not built. */
export type UiFiles = () => Promise<ReadonlyMap<string, UiFile> | undefined>;

export const SHELL = 'index.html';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Reads the files of a built page once, when they are first asked for. */
export const readUiFiles = (folder: string): UiFiles => {
  let files: Promise<ReadonlyMap<string, UiFile> | undefined> | undefined;
  return () => {
    files ??= readAll(folder).catch(() => {
      files = undefined;
      return undefined;
    });
    return files;
  };
};

const readAll = async (folder: string): Promise<ReadonlyMap<string, UiFile>> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && CONTENT_TYPES[path.extname(entry.name)] !== undefined);
  const read = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      const place = path.relative(folder, file).replaceAll(path.sep, '/');
      return [place, uiFileOf(place, await readFile(file))] as const;
    }),
  );
  const byPath = new Map(read);
  if (!byPath.has(SHELL)) throw new Error(`${folder} holds no ${SHELL}`);
  return byPath;
};

const uiFileOf = (place: string, bytes: Buffer): UiFile => {
  const compressed = new Map<Encoding, Promise<Buffer>>([['identity', Promise.resolve(bytes)]]);
  return {
    contentType: CONTENT_TYPES[path.extname(place)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    encoded: (encoding) => {
      const done = compressed.get(encoding) ?? compress(bytes, encoding);
      compressed.set(encoding, done);
      return done;
    },
  };
};

const compress = (bytes: Buffer, encoding: Encoding): Promise<Buffer> => {
  switch (encoding) {
    case 'br':
      return promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    case 'gzip':
      return promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION });
    case 'identity':
      return Promise.resolve(bytes);
  }
};
