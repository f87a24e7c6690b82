import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import type { CommandInput, LocalTools } from './command.ts';
import { version } from './version.ts';

const TEMPLATE = path.join(PACKAGE_ROOT, 'examples/repository');

/** `carillon init`: creates a repository of jobs. Existing files are kept. */
export const init = async ({ subject }: CommandInput, { say }: LocalTools): Promise<void> => {
  const folder = subject || '.';
  const write = async (file: string, text: string): Promise<void> => {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    const isNew = await writeFile(target, text, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    say(`${isNew ? 'Created' : 'Kept'} ${target}`);
  };
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) await write(path.relative(TEMPLATE, file), await readFile(file, 'utf8'));
  await write('.gitignore', 'node_modules/\n.carillon/\n');
  const manifest = { private: true, devDependencies: { carillon: version } };
  await write('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
  const there = folder === '.' ? '' : `cd ${folder}, then `;
  say(`Next: ${there}\`npm install\`, and \`npx carillon plan\` with a running server. README.md shows the rest.`);
};
