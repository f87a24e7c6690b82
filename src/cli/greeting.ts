import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Service } from '../compose.ts';
import type { Config } from '../config.ts';

/** What a server that has started says to people: where it is, how to use it, and what to remove with its data. */
export const greeting = async (
  { http, dataDir }: { readonly http: Pick<Config['http'], 'port' | 'portNamed'>; readonly dataDir: string },
  { url, token, standsBy, embedded }: Omit<Service, 'stop'>,
): Promise<string> => {
  const moved = !http.portNamed && !url.endsWith(`:${http.port}`);
  const lines = [
    '',
    `Carillon is running at ${url}${moved ? ` (port ${http.port} is taken)` : ''}`,
    ...(standsBy === undefined ? [] : ['', `Its engine stands by: ${standsBy}`]),
    ...(token === undefined ? [] : tokenLines(url, token)),
    ...(embedded === undefined ? [] : await removalLines(dataDir, embedded)),
    '',
    '',
  ];
  return lines.join('\n');
};

const tokenLines = (url: string, token: string): string[] => [
  '',
  'Admin page, signing in (this machine only):',
  `  ${url}/_/scheduler/ui/#token=${token}`,
  '',
  'Development token (this machine only):',
  `  export TOKEN=${token}`,
  '',
  'Try:',
  `  curl -s -H "Authorization: Bearer $TOKEN" '${url}/_/scheduler/executions?limit=3'`,
];

/** Where the embedded Postgres could not use the data folder, its files are elsewhere, and stay when the folder is gone. */
const removalLines = async (dataDir: string, { home, pid }: NonNullable<Service['embedded']>): Promise<string[]> => {
  const folders = new Set([await realpath(dataDir), path.dirname(home)]);
  return [
    '',
    'To remove all its data, stop it first:',
    `  rm -r ${[...folders].map(quoted).join(' ')}`,
    '',
    `After a kill -9 its Postgres runs on. The next start stops it, or: kill -INT ${pid}`,
  ];
};

const quoted = (file: string): string => `'${file.replaceAll("'", "'\\''")}'`;
