import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

/** Ends when another one has begun, so that both write at once, which Maven can't do in one folder. */
const MAVEN = `#!/bin/sh
for arg; do case "$arg" in -DoutputDirectory=*) out="\${arg#*=}";; esac; done
mkdir -p "$(dirname "$out")" && mkdir "$out" 2>&1 || { echo '[ERROR] two write to one folder'; exit 1; }
touch "$out/kafka.jar" "begun-$$"
until [ "$(ls begun-* | wc -l)" -ge 2 ]; do sleep 0.02; done
`;

describe('the Kafka of tests', () => {
  it('is fetched by two processes at the same time, neither of which spoils what the other fetches', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'carillon-'));
    await mkdir(path.join(folder, 'bin'));
    await writeFile(path.join(folder, 'bin/mvn'), MAVEN, { mode: 0o755 });
    const broker = path.resolve(import.meta.dirname, '../../support/kafka-broker.ts');
    const fetchIt = () =>
      run(process.execPath, ['-e', `import(${JSON.stringify(broker)}).then(({ resolveJars }) => resolveJars())`], {
        cwd: folder,
        env: { ...process.env, PATH: `${path.join(folder, 'bin')}:${process.env.PATH}` },
      });
    await Promise.all([fetchIt(), fetchIt()]);
    expect(await readdir(path.join(folder, '.cache/kafka'))).to.have.length(1);
    await rm(folder, { recursive: true });
  });
});
