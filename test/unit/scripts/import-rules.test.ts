import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';

/** What the checker says of a source tree of these files. */
const violations = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  const root = await mkdtemp(path.join(tmpdir(), 'carillon-imports-'));
  try {
    for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) {
      await cp(name, path.join(root, name));
    }
    await symlink(path.resolve('node_modules'), path.join(root, 'node_modules'));
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), text);
    }
    const { stdout } = spawnSync('depcruise', ['--config', '.dependency-cruiser.mjs', 'src'], {
      cwd: root,
      encoding: 'utf8',
    });
    return [...stdout.matchAll(/error ([a-z-]+):/g)].map(([, rule = '']) => rule);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

describe('import rules', () => {
  it('keep rooms apart, imports of types alone too', async () => {
    const found = await violations({
      'src/engine/ports.ts': 'export type Port = number;',
      'src/runtime/runtime.ts': 'export type World = number;',
      'src/http/route.ts': "import type { Port } from '../engine/ports.ts';\nexport type Route = Port;",
      'src/domain/slot.ts': "import type { World } from '../runtime/runtime.ts';\nexport type Slot = World;",
    });
    expect(found).to.have.members(['room-http', 'room-domain']);
  });

  it('keep I/O out of the rooms that it is handed to', async () => {
    const found = await violations({
      'src/engine/read.ts': "import { readFile } from 'node:fs/promises';\nexport const read = readFile;",
    });
    expect(found).to.deep.equal(['io-is-handed-in']);
  });

  it('have nothing against what the table allows', async () => {
    const found = await violations({
      'src/domain/slot.ts': "import { z } from 'zod';\nexport const Slot = z.int();",
      'src/engine/claim.ts': "import { Slot } from '../domain/slot.ts';\nexport const claim = Slot;",
    });
    expect(found).to.deep.equal([]);
  });
});
