import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

/** Files of a source tree, and the rule that each breaks. */
const TREE: readonly (readonly [file: string, text: string, broken?: string])[] = [
  ['src/runtime/runtime.ts', 'export type World = number;'],
  ['src/engine/ports.ts', 'export type Port = number;'],
  ['src/domain/slot.ts', "import { z } from 'zod';\nexport const Slot = z.int();"],
  ['src/engine/claim.ts', "import { Slot } from '../domain/slot.ts';\nexport const claim = Slot;"],
  ['src/http/route.ts', "import type { Port } from '../engine/ports.ts';\nexport type Route = Port;", 'room-http'],
  [
    'src/domain/world.ts',
    "import type { World } from '../runtime/runtime.ts';\nexport type Own = World;",
    'room-domain',
  ],
  [
    'src/engine/read.ts',
    "import { readFile } from 'node:fs/promises';\nexport const read = readFile;",
    'io-is-handed-in',
  ],
];

describe('import rules', () => {
  it('separate modules, for types too, keep I/O out, and allow the rest', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'carillon-imports-'));
    try {
      for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) {
        await cp(name, path.join(root, name));
      }
      await symlink(path.resolve('node_modules'), path.join(root, 'node_modules'));
      for (const [file, text] of TREE) {
        await mkdir(path.dirname(path.join(root, file)), { recursive: true });
        await writeFile(path.join(root, file), text);
      }
      const { stdout } = spawnSync('depcruise', ['--config', '.dependency-cruiser.mjs', 'src'], {
        cwd: root,
        encoding: 'utf8',
      });
      const found = [...stdout.matchAll(/error ([a-z-]+): (\S+)/g)].map(([, rule, file]) => [file, rule]);
      expect(found).to.have.deep.members(TREE.flatMap(([file, , rule]) => (rule === undefined ? [] : [[file, rule]])));
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
