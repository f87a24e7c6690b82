import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type StaticFile, staticFile } from '../static-file.ts';

/** The files of the page by their paths below its folder; undefined where they were not built. */
export type UiFiles = () => Promise<ReadonlyMap<string, StaticFile> | undefined>;

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
  if (!byPath.has(SHELL)) throw new Error(`${folder} holds no ${SHELL}`);
  return byPath;
};
